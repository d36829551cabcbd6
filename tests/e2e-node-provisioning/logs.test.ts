import { randomBytes } from "node:crypto";
import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { derivedKey } from "../support/provisioning/derived-key.ts";
import { LightProvisioning } from "../support/provisioning/light-provisioning.ts";
import { ProvisioningClient } from "../support/provisioning/provisioning-client.ts";

// The clients know no other ports than 443, 8883 and 5671.
const ADDRESS = "127.0.0.106";

const groupKey = randomBytes(32).toString("base64");
const secondaryKey = randomBytes(32).toString("base64");

let server: TestServer;
let clients: ProvisioningClient;
let light: LightProvisioning;

beforeAll(async () => {
  server = await startTestServer({
    config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, mqttPort: 8883, amqpPort: 5671 },
  });
  clients = new ProvisioningClient(server.connection);
  light = new LightProvisioning(server.connection, ADDRESS);
  await clients.service("createOrUpdateEnrollmentGroup", {
    enrollmentGroupId: "logged",
    attestation: { type: "symmetricKey", symmetricKey: { primaryKey: groupKey, secondaryKey } },
  });
});
afterAll(async () => {
  light?.[Symbol.dispose]();
  await clients?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

/** The fields of all lines with this text. */
function linesOf(level: "debug" | "info" | "warn", message: string) {
  return server.log.entries
    .filter((entry) => entry.level === level && entry.message === message)
    .map(({ fields }) => fields);
}

const service = "local-dps";

test("a registration leaves a line for each proof and one for how it ended", async () => {
  const registrationId = "logged-1";
  await light.register(registrationId, { key: derivedKey(groupKey, registrationId) });
  expect(linesOf("debug", "device attested")).toContainEqual(
    expect.objectContaining({ service, registrationId, protocol: "https", outcome: "ok" }),
  );
  expect(linesOf("info", "device provisioned")).toContainEqual(
    expect.objectContaining({
      service,
      registrationId,
      enrollmentGroupId: "logged",
      hub: ADDRESS,
      deviceId: registrationId,
      substatus: "initialAssignment",
      durationMs: expect.any(Number) as unknown,
    }),
  );
});

test("a refusal leaves a line with the reason that the device is not told", async () => {
  const proof = { key: derivedKey(groupKey, "somebody else") };
  const answer = await light.register("impostor", proof);
  expect(answer).toMatchObject({
    status: 401,
    body: { errorCode: 401002, message: "Unauthorized" },
  });
  expect(linesOf("warn", "device not attested")).toContainEqual(
    expect.objectContaining({
      service,
      registrationId: "impostor",
      outcome: "Unauthorized",
      reason: "the token is not signed with a key derived for the id",
    }),
  );
});

test("a registration that fails leaves a line with the reason", async () => {
  await clients.service("createOrUpdateIndividualEnrollment", {
    registrationId: "homeless",
    attestation: {
      type: "symmetricKey",
      symmetricKey: { primaryKey: groupKey, secondaryKey: groupKey },
    },
    allocationPolicy: "static",
    iotHubs: ["nowhere.example"],
  });
  await light.register("homeless", { key: groupKey });
  expect(linesOf("warn", "device not provisioned")).toContainEqual(
    expect.objectContaining({ service, registrationId: "homeless", outcome: "HubUnusable" }),
  );
});

test("what back ends do leaves lines with the policy they did it by", async () => {
  await clients.service("getEnrollmentGroup", "logged");
  await clients.service("deleteEnrollmentGroup", "nobody");
  const { connectionString } = server.connection.provisioning[0]!;
  const forged = connectionString.replace(/SharedAccessKey=.*/, `SharedAccessKey=${groupKey}`);
  await clients.serviceAs(forged, "deleteEnrollmentGroup", "logged");

  const policyName = "provisioningserviceowner";
  expect(linesOf("info", "service operation performed")).toContainEqual(
    expect.objectContaining({ service, operation: "putEnrollmentGroup", id: "logged", policyName }),
  );
  expect(linesOf("debug", "service operation performed")).toContainEqual(
    expect.objectContaining({ service, operation: "getEnrollmentGroup", id: "logged", policyName }),
  );
  expect(linesOf("info", "service operation failed")).toContainEqual(
    expect.objectContaining({ operation: "deleteEnrollmentGroup", outcome: "EnrollmentNotFound" }),
  );
  expect(linesOf("warn", "service operation refused")).toContainEqual(
    expect.objectContaining({ service, operation: "deleteEnrollmentGroup", id: "logged" }),
  );
});

test("no line of any kind has a key, a token or an endless id", async () => {
  await clients.service("getEnrollmentGroupAttestationMechanism", "logged");
  await light.register("x".repeat(4000), { key: groupKey });
  const text = JSON.stringify(server.log.entries);
  const owner = /SharedAccessKey=(.*)/.exec(server.connection.provisioning[0]!.connectionString)!;
  for (const secret of [groupKey, secondaryKey, derivedKey(groupKey, "logged-1"), owner[1]!]) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(encodeURIComponent(secret));
  }
  expect(text).not.toContain("SharedAccessSignature");
  const own = server.log.entries.filter(({ fields }) => fields["subsystem"] === "provisioning");
  expect(JSON.stringify(own)).not.toContain("x".repeat(129));
});
