import { randomBytes } from "node:crypto";
import type { TestCertificate, TestServer } from "@larimar/testkit";
import { makeTestCertificate, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import type { Feature, Transport } from "../grid/features.ts";
import { derivedKey } from "../support/provisioning/derived-key.ts";
import { EventsReader } from "../support/events/events-reader.ts";
import { ProvisioningClient } from "../support/provisioning/provisioning-client.ts";
import type {
  ProvisioningOutcome,
  Security,
  TransportName,
} from "../support/provisioning/provisioning-main.ts";

// The clients know no other ports than 443, 8883 and 5671.
const ADDRESS = "127.0.0.61";
const TRANSPORTS = ["Http", "Mqtt", "MqttWs", "Amqp", "AmqpWs"] as const;
const GRID_TRANSPORTS: Record<TransportName, Transport> = {
  Http: "HTTPS",
  Mqtt: "MQTT",
  MqttWs: "MQTT over WebSockets",
  Amqp: "AMQP",
  AmqpWs: "AMQP over WebSockets",
};
const GROUP_KEY = randomBytes(32).toString("base64");

let server: TestServer;
let clients: ProvisioningClient;
let root: TestCertificate;
let factory: TestCertificate;

beforeAll(async () => {
  server = await startTestServer({
    config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, mqttPort: 8883, amqpPort: 5671 },
  });
  clients = new ProvisioningClient(server.connection);
  root = await makeTestCertificate({ commonName: "root", isCa: true });
  factory = await makeTestCertificate({ commonName: "factory", isCa: true, issuer: root });
});

afterAll(async () => {
  await clients?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

async function enroll(enrollment: Record<string, unknown>): Promise<void> {
  const kind = "registrationId" in enrollment ? "Individual" : "Group";
  const method =
    kind === "Group" ? "createOrUpdateEnrollmentGroup" : "createOrUpdateIndividualEnrollment";
  const outcome = await clients.service(method, enrollment);
  if ("error" in outcome) throw new Error(outcome.message);
}

function certificates(kind: "client" | "signing", certificate: TestCertificate) {
  const primary = { certificate: certificate.certPem };
  return { type: "x509", x509: { [`${kind}Certificates`]: { primary } } };
}

function asSecurity({ chainPem, keyPem }: TestCertificate): Security {
  return { kind: "certificate", cert: chainPem, keyPem };
}

interface Device {
  readonly registrationId: string;
  readonly security: Security;
}

/** One device for each transport, all at once; what came of it, by transport. */
async function registerByAll(
  makeDevice: (transport: TransportName) => Promise<Device>,
): Promise<Record<string, ProvisioningOutcome>> {
  const outcomes = TRANSPORTS.map(async (transport) => {
    const device = await makeDevice(transport);
    const outcome = await clients.register({ transport, ...device, telemetry: "here I am" });
    return [transport, outcome] as const;
  });
  return Object.fromEntries(await Promise.all(outcomes));
}

function everywhere<Value>(make: (transport: TransportName) => Value): Record<string, Value> {
  return Object.fromEntries(TRANSPORTS.map((transport) => [transport, make(transport)]));
}

async function authenticationOf(deviceId: string): Promise<unknown> {
  const answer = await server.client().call({ method: "GET", path: `/devices/${deviceId}` });
  return (answer.body as { authentication: unknown }).authentication;
}

const onAll = (feature: Feature<"provisioning">) =>
  cell(
    ...TRANSPORTS.map((transport) => ({
      sdk: "azure-iot-provisioning-device (Node)" as const,
      transport: GRID_TRANSPORTS[transport],
      feature,
    })),
  );

const nameFor = (prefix: string, transport: string) => `${prefix}-${transport.toLowerCase()}`;

const assigned = (deviceId: string) => ({
  result: expect.objectContaining({
    status: "assigned",
    assignedHub: ADDRESS,
    deviceId,
  }) as unknown,
});

test(
  "devices with keys of their own register by every transport",
  onAll("symmetric key"),
  async () => {
    const primaryKey = randomBytes(32).toString("base64");
    const secondaryKey = randomBytes(32).toString("base64");
    const outcomes = await registerByAll(async (transport) => {
      const registrationId = nameFor("own-key", transport);
      await enroll({
        registrationId,
        deviceId: `${registrationId}-device`,
        attestation: { type: "symmetricKey", symmetricKey: { primaryKey, secondaryKey } },
      });
      return { registrationId, security: { kind: "key", key: primaryKey } };
    });
    expect(outcomes).toEqual(everywhere((by) => assigned(`${nameFor("own-key", by)}-device`)));
    expect(await authenticationOf("own-key-amqp-device")).toMatchObject({
      type: "sas",
      symmetricKey: { primaryKey, secondaryKey },
    });
  },
);

test(
  "devices with keys derived from their group's register by every transport",
  onAll("symmetric key derived from a group's"),
  async () => {
    await enroll({
      enrollmentGroupId: "derived",
      attestation: {
        type: "symmetricKey",
        symmetricKey: { primaryKey: GROUP_KEY, secondaryKey: randomBytes(32).toString("base64") },
      },
    });
    const outcomes = await registerByAll(async (transport) => {
      const registrationId = nameFor("derived-key", transport);
      return {
        registrationId,
        security: { kind: "key", key: derivedKey(GROUP_KEY, registrationId) },
      };
    });
    expect(outcomes).toEqual(everywhere((by) => assigned(nameFor("derived-key", by))));
  },
);

test(
  "devices with certificates of their own register by every transport",
  onAll("X.509 certificate of its own"),
  async () => {
    const outcomes = await registerByAll(async (transport) => {
      const registrationId = nameFor("own-certificate", transport);
      const certificate = await makeTestCertificate({ commonName: registrationId });
      await enroll({ registrationId, attestation: certificates("client", certificate) });
      return { registrationId, security: asSecurity(certificate) };
    });
    expect(outcomes).toEqual(everywhere((by) => assigned(nameFor("own-certificate", by))));
    expect(await authenticationOf("own-certificate-mqttws")).toMatchObject({ type: "selfSigned" });
  },
);

test(
  "devices with certificates below their group's register by every transport",
  onAll("X.509 certificate below a group's"),
  async () => {
    await enroll({ enrollmentGroupId: "signed", attestation: certificates("signing", root) });
    const outcomes = await registerByAll(async (transport) => {
      const registrationId = nameFor("signed", transport);
      const certificate = await makeTestCertificate({
        commonName: registrationId,
        issuer: factory,
      });
      return { registrationId, security: asSecurity(certificate) };
    });
    expect(outcomes).toEqual(everywhere((by) => assigned(nameFor("signed", by))));
  },
);

test("what they say then arrives at the hub", async () => {
  await using reader = await EventsReader.start(server.connection);
  const events = await reader.received(20);
  const senders = events.map(
    ({ systemProperties }) => systemProperties["iothub-connection-device-id"] as string,
  );
  expect(senders.toSorted()).toEqual(
    TRANSPORTS.flatMap((by) => [
      nameFor("derived-key", by),
      nameFor("own-certificate", by),
      `${nameFor("own-key", by)}-device`,
      nameFor("signed", by),
    ]).toSorted(),
  );
});

test("a device that registers again stays who and where it is", async () => {
  const registrationId = nameFor("derived-key", "Mqtt");
  const security = { kind: "key", key: derivedKey(GROUP_KEY, registrationId) } as const;
  const outcome = await clients.register({ transport: "Amqp", registrationId, security });
  expect(outcome).toEqual({
    result: expect.objectContaining({
      status: "assigned",
      substatus: "initialAssignment",
      assignedHub: ADDRESS,
      deviceId: registrationId,
    }) as unknown,
  });
});

/** Every transport of the clients says it in its own words. */
function expectRefusal(outcomes: Record<string, ProvisioningOutcome>): void {
  for (const transport of TRANSPORTS) expect(outcomes[transport]).toHaveProperty("error");
}

async function expectInVain(registrationId: string, security: Security, idScope?: string) {
  const outcomes = await registerByAll(async () => ({
    registrationId,
    security,
    ...(idScope !== undefined && { idScope }),
  }));
  expectRefusal(outcomes);
  const found = await server.client().call({ method: "GET", path: `/devices/${registrationId}` });
  expect(found.status).toBe(404);
  expect(await clients.service("getDeviceRegistrationState", registrationId)).toHaveProperty(
    "error",
  );
}

test("nobody registers with a key of somebody else", async () => {
  await expectInVain("impostor", { kind: "key", key: derivedKey(GROUP_KEY, "victim") });
});

test("nobody registers in a scope that is none", async () => {
  const key = derivedKey(GROUP_KEY, "lost");
  await expectInVain("lost", { kind: "key", key }, "0ne00000000");
});

test("nobody registers with a certificate that ran out", async () => {
  const notAfter = new Date(Date.now() - 60_000);
  const certificate = await makeTestCertificate({ commonName: "late", issuer: factory, notAfter });
  await expectInVain("late", asSecurity(certificate));
});

test("nobody registers with a certificate in another name", async () => {
  const certificate = await makeTestCertificate({ commonName: "other", issuer: factory });
  await expectInVain("somebody", asSecurity(certificate));
});

test("nobody registers with a certificate of an authority that is not enrolled", async () => {
  const elsewhere = await makeTestCertificate({ commonName: "factory", isCa: true });
  const certificate = await makeTestCertificate({ commonName: "alien", issuer: elsewhere });
  await expectInVain("alien", asSecurity(certificate));
});

test("a disabled enrollment lets nobody in", async () => {
  const key = randomBytes(32).toString("base64");
  await enroll({
    registrationId: "banned",
    provisioningStatus: "disabled",
    attestation: { type: "symmetricKey", symmetricKey: { primaryKey: key, secondaryKey: key } },
  });
  await expectInVain("banned", { kind: "key", key });
});
