import {
  formatPath,
  parseSasToken,
  PROVISIONING_DEVICE_ROUTES,
  type ProvisioningDeviceContract,
} from "@larimar/wire";
import { ProvisioningError } from "@larimar/domain";
import type { DeviceOperation, ProvisioningDeviceApi } from "../../provisioning-api/device-api.ts";
import { type Reply } from "../reply.ts";
import { readBody } from "../operations/request-body.ts";
import type { ProvisioningJob } from "./provisioning-api.ts";
import { deviceReply } from "./provisioning-reply.ts";
import { requireApiVersion } from "./request-query.ts";

/** A little more than the service takes, so that the service can say what it takes. */
const REGISTER_BYTES_MAX = 128 * 1024;

const OPERATION_PATH = PROVISIONING_DEVICE_ROUTES[1].path;

/** Registers a device or answers its questions. (protocol reference: provisioning 2) */
export async function performDeviceRequest(
  name: ProvisioningDeviceContract["name"],
  params: ReadonlyMap<string, string>,
  { request, target, context }: ProvisioningJob,
  devices: ProvisioningDeviceApi,
): Promise<Reply> {
  const apiVersion = requireApiVersion(target);
  const idScope = params.get("idScope") ?? "";
  const registrationId = params.get("registrationId") ?? "";
  const operation = await readOperation(name, params, request);
  const answer = await devices.perform({
    name: { idScope, registrationId },
    evidence: {
      sasToken: parseSasToken(request.headers.authorization ?? ""),
      certificate: context.certificate,
    },
    protocol: "https",
    operation,
  });
  const { operationId } = answer;
  if (operationId === undefined) return deviceReply(answer);
  const path = formatPath(OPERATION_PATH, { idScope, registrationId, operationId });
  const host = target.host ?? request.headers.host ?? "";
  const location = `https://${host}${path}?api-version=${encodeURIComponent(apiVersion)}`;
  return deviceReply(answer, { location });
}

async function readOperation(
  name: ProvisioningDeviceContract["name"],
  params: ReadonlyMap<string, string>,
  request: ProvisioningJob["request"],
): Promise<DeviceOperation> {
  switch (name) {
    case "register": {
      const body = await readBody(request, REGISTER_BYTES_MAX);
      if (body !== undefined) return { kind: "register", body };
      throw new ProvisioningError(
        "PayloadTooLarge",
        `A registration has at most ${REGISTER_BYTES_MAX} bytes`,
      );
    }
    case "operation":
      // One SDK sends a body along; nobody looks at it.
      return { kind: "operation", operationId: params.get("operationId") ?? "" };
    case "registration":
      return { kind: "registration" };
  }
}
