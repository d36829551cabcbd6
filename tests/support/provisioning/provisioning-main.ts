// The provisioning clients as a user would run them: the official packages, the CA in NODE_EXTRA_CA_CERTS. Each
// line of its standard input is a call, each line it prints what came of it, under the same id.
import { createInterface } from "node:readline";
import iotDevice, { type Client as DeviceClient } from "azure-iot-device";
import { Mqtt as HubMqtt } from "azure-iot-device-mqtt";
import provisioningDevice from "azure-iot-provisioning-device";
import amqpTransports from "azure-iot-provisioning-device-amqp";
import { Http } from "azure-iot-provisioning-device-http";
import mqttTransports from "azure-iot-provisioning-device-mqtt";
import { ProvisioningServiceClient } from "azure-iot-provisioning-service";
import { SymmetricKeySecurityClient } from "azure-iot-security-symmetric-key";
import tpmSecurity, { type TpmSecurityClient as TpmClient } from "azure-iot-security-tpm";
import { X509Security } from "azure-iot-security-x509";
import tss from "tss.js";

const { Client, Message } = iotDevice;

// Packages for an older module system: not all their names can be imported by themselves.
const { ProvisioningDeviceClient } = provisioningDevice;
const { TpmAuthenticationProvider, TpmSecurityClient } = tpmSecurity;
const { Mqtt, MqttWs } = mqttTransports;
const { Amqp, AmqpWs } = amqpTransports;
const TRANSPORTS = { Http, Mqtt, MqttWs, Amqp, AmqpWs } as const;

export type TransportName = keyof typeof TRANSPORTS;

/** How a device proves itself. */
export type Security =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "certificate"; readonly cert: string; readonly keyPem: string }
  | { readonly kind: "tpm"; readonly port: number };

export interface RegisterArgs {
  readonly transport: TransportName;
  readonly host: string;
  readonly idScope: string;
  readonly registrationId: string;
  readonly security: Security;
  readonly payload?: unknown;
  /** Afterwards, say this to the hub over MQTT. */
  readonly telemetry?: string;
}

export interface ServiceArgs {
  readonly connectionString: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface ProvisioningCall {
  readonly id: number;
  readonly register?: RegisterArgs;
  readonly service?: ServiceArgs;
  /** Ask a TPM for the key that it is enrolled by. */
  readonly endorsementKeyOf?: { readonly port: number };
}

export type ProvisioningOutcome =
  | { readonly result: Record<string, unknown> }
  | {
      readonly error: string;
      readonly message: string;
      /** What the service answered, where its client tells. */
      readonly status?: number;
      readonly errorCode?: number;
    };

interface RegistrationResult {
  readonly assignedHub: string;
  readonly deviceId: string;
}

type RegistrationAnswer = RegistrationResult & { readonly registrationState?: RegistrationResult };

async function register(args: RegisterArgs): Promise<unknown> {
  const { transport, host, idScope, registrationId, security, payload, telemetry } = args;
  const secured = securityOf(registrationId, security);
  const client = ProvisioningDeviceClient.create(
    host,
    idScope,
    new TRANSPORTS[transport](),
    secured as never,
  );
  if (payload !== undefined) client.setProvisioningPayload(payload as never);
  const answer = (await client.register()) as unknown as RegistrationAnswer;
  // With a TPM, it is one level down.
  const result = answer.registrationState ?? answer;
  if (telemetry !== undefined) await tellHub(result, security, secured, telemetry);
  return result;
}

function securityOf(registrationId: string, security: Security): unknown {
  switch (security.kind) {
    case "key":
      return new SymmetricKeySecurityClient(registrationId, security.key);
    case "certificate":
      return new X509Security(registrationId, { cert: security.cert, key: security.keyPem });
    case "tpm":
      return openTpm(registrationId, security.port);
  }
}

function openTpm(registrationId: string, port: number): TpmClient {
  return new TpmSecurityClient(registrationId, new tss.Tpm(true, "127.0.0.1", port));
}

/** With nothing but what provisioning left the device with. */
async function tellHub(
  result: RegistrationResult,
  security: Security,
  secured: unknown,
  text: string,
): Promise<void> {
  const client = await hubClientOf(result, security, secured);
  await client.open();
  await client.sendEvent(new Message(text));
  await client.close();
}

async function hubClientOf(
  { assignedHub, deviceId }: RegistrationResult,
  security: Security,
  secured: unknown,
): Promise<DeviceClient> {
  const name = `HostName=${assignedHub};DeviceId=${deviceId}`;
  switch (security.kind) {
    case "key":
      return Client.fromConnectionString(`${name};SharedAccessKey=${security.key}`, HubMqtt);
    case "certificate": {
      const client = Client.fromConnectionString(`${name};x509=true`, HubMqtt);
      await client.setOptions({ cert: security.cert, key: security.keyPem });
      return client;
    }
    case "tpm": {
      const tpm = secured as TpmClient;
      const proof = TpmAuthenticationProvider.fromTpmSecurityClient(deviceId, assignedHub, tpm);
      return Client.fromAuthenticationProvider(proof, HubMqtt);
    }
  }
}

type ServiceAnswer = Promise<{ readonly responseBody?: unknown } | undefined>;

interface ServiceQuery {
  readonly hasMoreResults: boolean;
  readonly continuationToken: string | null;
  next(continuationToken: string | null): ServiceAnswer;
}

async function callService({ connectionString, method, args }: ServiceArgs): Promise<unknown> {
  const client = ProvisioningServiceClient.fromConnectionString(connectionString);
  if (method === "runBulkEnrollmentOperation") return runBulk(client, args[0]);
  const answer = (
    client as unknown as Record<string, (...all: unknown[]) => ServiceAnswer | ServiceQuery>
  )[method]!(...args);
  if ("next" in answer) return { pages: await pagesOf(answer) };
  return (await answer)?.responseBody ?? {};
}

/** The promise that this method returns is never kept: only its callback hears of the answer. */
function runBulk(client: ProvisioningServiceClient, operation: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    client.runBulkEnrollmentOperation(operation as never, (error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
  });
}

/** Without being told where to go on, it would begin again with each page. */
async function pagesOf(query: ServiceQuery): Promise<unknown[]> {
  const pages: unknown[] = [];
  while (query.hasMoreResults) {
    pages.push((await query.next(query.continuationToken))?.responseBody);
  }
  return pages;
}

/** Not everything that these clients throw is an error. */
function describeError(error: unknown): ProvisioningOutcome {
  if (!(error instanceof Error)) return { error: typeof error, message: JSON.stringify(error) };
  const { response, responseBody } = error as {
    response?: { statusCode?: number };
    responseBody?: string;
  };
  return {
    error: error.name,
    message: error.message,
    ...(response?.statusCode !== undefined && { status: response.statusCode }),
    ...errorCodeIn(responseBody),
  };
}

function errorCodeIn(body: unknown): { errorCode?: number } {
  try {
    const parsed = (typeof body === "string" ? JSON.parse(body) : body) as { errorCode?: number };
    return parsed?.errorCode === undefined ? {} : { errorCode: parsed.errorCode };
  } catch {
    return {};
  }
}

async function perform(call: ProvisioningCall): Promise<unknown> {
  if (call.register !== undefined) return register(call.register);
  if (call.service !== undefined) return callService(call.service);
  const tpm = openTpm("unnamed", call.endorsementKeyOf?.port ?? 0);
  return new Promise((resolve, reject) => {
    tpm.getEndorsementKey((error: Error | undefined, key?: Buffer) => {
      if (error) reject(error);
      else resolve({ endorsementKey: key?.toString("base64") });
    });
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line) as ProvisioningCall;
  void perform(call)
    .then((result) => ({ result }))
    .catch(describeError)
    .then((outcome) => process.stdout.write(`${JSON.stringify({ id: call.id, outcome })}\n`));
}
process.exit(0);
