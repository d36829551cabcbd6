import type {
  AuthenticatedIdentity,
  Hub,
  HubDirectory,
  HubErrorCode,
  IdentityKey,
  Message,
} from "@larimar/domain";
import { DEFAULT_LIMITS, HubError, checkId } from "@larimar/domain";
import type {
  ConnectPacket,
  ConnectReturnCode,
  MqttUsername,
  UnsupportedProtocol,
} from "@larimar/wire";
import { CONNECT_RETURN_CODE, parseMqttUsername, parseSasToken } from "@larimar/wire";
import type { ConnectionContext } from "../../head.ts";
import { chooseHub } from "./choose-hub.ts";
import { Violation } from "../close-reason.ts";
import type { MqttLimits } from "../mqtt-limits.ts";
import { readWill } from "../publish/will.ts";

export interface Admission {
  readonly kind: "admitted";
  readonly hub: Hub;
  readonly authenticated: AuthenticatedIdentity;
  readonly modelId: string | undefined;
  readonly productInfo: string | undefined;
  readonly will: Message | undefined;
  readonly isCleanSession: boolean;
  readonly keepAliveSeconds: number;
}

export interface Refusal {
  readonly kind: "refused";
  readonly returnCode: ConnectReturnCode;
  /** For the log: what the client is told is the return code. */
  readonly detail: string;
  readonly deviceId: string | undefined;
  readonly cause?: unknown;
}

/** Only the log reads it; a longer one is cut. */
const PRODUCT_INFO_LENGTH_MAX = 256;

const { unacceptableProtocolVersion, serverUnavailable, notAuthorized } = CONNECT_RETURN_CODE;

/** Not every client recovers from every code: 5 means "your fault", 3 means "try again". */
const RETURN_CODE_BY_ERROR: Partial<Record<HubErrorCode, ConnectReturnCode>> = {
  ArgumentInvalid: notAuthorized,
  DeviceDisabled: notAuthorized,
  DeviceNotFound: notAuthorized,
  HubNotFound: notAuthorized,
  ModuleNotFound: notAuthorized,
  Unauthorized: notAuthorized,
};

/** Decides about a CONNECT; never rejects. (protocol reference: device-facing 3.1, 3.2) */
export async function decideConnect(
  packet: ConnectPacket | UnsupportedProtocol,
  context: ConnectionContext,
  { hubs, limits }: { hubs: HubDirectory; limits: MqttLimits },
): Promise<Admission | Refusal> {
  if ("protocolLevel" in packet) {
    const detail = `${packet.protocolName} level ${packet.protocolLevel} is not spoken here`;
    return refuse(unacceptableProtocolVersion, detail);
  }
  const username = parseMqttUsername(packet.username ?? "");
  if (username === undefined) return refuse(notAuthorized, "The user name names no device");
  if ((username.modelId?.length ?? 0) > limits.modelIdLengthMax) {
    return refuse(notAuthorized, "The model id is too long", username.deviceId);
  }
  try {
    return await admit(packet, username, context, hubs);
  } catch (error) {
    return refuseFor(error, username.deviceId);
  }
}

async function admit(
  packet: ConnectPacket,
  username: MqttUsername,
  context: ConnectionContext,
  hubs: HubDirectory,
): Promise<Admission | Refusal> {
  const { deviceId, moduleId, modelId, productInfo } = username;
  const identity: IdentityKey = { deviceId, moduleId };
  checkId(deviceId, "device");
  if (moduleId !== undefined) checkId(moduleId, "module");
  if (packet.clientId !== (moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`)) {
    return refuse(notAuthorized, "The client id is not the identity of the user name", deviceId);
  }
  const hub = chooseHub(hubs, context.serverName, username.hostName);
  if (hub === undefined) return refuse(notAuthorized, "The host name names no hub", deviceId);
  const will = packet.will === undefined ? undefined : readWill(packet.will, identity);
  const authenticated = await hub.access.authenticate(identity, {
    sasToken: packet.password === undefined ? undefined : parseSasToken(textOf(packet.password)),
    certificate: context.certificate,
  });
  await hub.admission.admit("connections");
  const { isCleanSession, keepAliveSeconds } = packet;
  return {
    kind: "admitted",
    hub,
    authenticated,
    modelId,
    productInfo: productInfo?.slice(0, PRODUCT_INFO_LENGTH_MAX),
    will,
    isCleanSession,
    keepAliveSeconds,
  };
}

/** Bytes that are no text make no token either. */
function textOf(password: Uint8Array): string {
  return Buffer.from(password.buffer, password.byteOffset, password.byteLength).toString("utf8");
}

function refuseFor(error: unknown, deviceId: string): Refusal {
  if (error instanceof Violation) return refuse(notAuthorized, error.message, deviceId);
  if (error instanceof HubError) {
    const returnCode = RETURN_CODE_BY_ERROR[error.code] ?? serverUnavailable;
    return refuse(returnCode, error.message, deviceId);
  }
  return {
    ...refuse(serverUnavailable, "Something went wrong on the server", deviceId),
    cause: error,
  };
}

function refuse(returnCode: ConnectReturnCode, detail: string, deviceId?: string): Refusal {
  // Nothing has been checked yet that a client says of itself, its length included.
  return {
    kind: "refused",
    returnCode,
    detail,
    deviceId: deviceId?.slice(0, DEFAULT_LIMITS.deviceIdLengthMax),
  };
}
