import { randomBytes } from "node:crypto";
import type { TestCertificate, TestServer } from "@larimar/testkit";
import { makeTestCertificate, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { derivedKey } from "../support/provisioning/derived-key.ts";
import type { LightProof } from "../support/provisioning/light-provisioning.ts";
import { LightProvisioning } from "../support/provisioning/light-provisioning.ts";
import { ProvisioningClient } from "../support/provisioning/provisioning-client.ts";

// The clients know no other ports than 443, 8883 and 5671.
const ADDRESS = "127.0.0.107";
const TRANSPORTS = ["Http", "Mqtt", "MqttWs", "Amqp", "AmqpWs"] as const;
const DAY_MS = 24 * 60 * 60 * 1000;

const groupKey = randomBytes(32).toString("base64");

let server: TestServer;
let clients: ProvisioningClient;
let light: LightProvisioning;
let root: TestCertificate;

beforeAll(async () => {
  server = await startTestServer({
    config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, mqttPort: 8883, amqpPort: 5671 },
  });
  clients = new ProvisioningClient(server.connection);
  light = new LightProvisioning(server.connection, ADDRESS);
  root = await makeTestCertificate({ commonName: "root", isCa: true });
  await enrollGroup("keys", {
    type: "symmetricKey",
    symmetricKey: { primaryKey: groupKey, secondaryKey: randomBytes(32).toString("base64") },
  });
  const signingCertificates = { primary: { certificate: root.certPem } };
  await enrollGroup("certificates", { type: "x509", x509: { signingCertificates } });
});
afterAll(async () => {
  light?.[Symbol.dispose]();
  await clients?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

async function enrollGroup(enrollmentGroupId: string, attestation: object): Promise<void> {
  const group = { enrollmentGroupId, attestation };
  const outcome = await clients.service("createOrUpdateEnrollmentGroup", group);
  if ("error" in outcome) throw new Error(outcome.message);
}

const proofOf = (registrationId: string): LightProof => ({
  key: derivedKey(groupKey, registrationId),
});

async function identityCount(): Promise<number> {
  const answer = await server.client().call({ method: "GET", path: "/statistics/devices" });
  return (answer.body as { totalDeviceCount: number }).totalDeviceCount;
}

async function expectNothingOf(registrationId: string): Promise<void> {
  const path = `/devices/${encodeURIComponent(registrationId)}`;
  expect((await server.client().call({ method: "GET", path })).status).toBe(404);
  expect(await clients.service("getDeviceRegistrationState", registrationId)).toMatchObject({
    status: 404,
  });
}

const unauthorized = { status: 401, body: { errorCode: 401002 } };

describe("a chain of certificates", () => {
  const chains: Record<string, (name: string) => Promise<TestCertificate>> = {
    "whose device is not valid yet": (commonName) => {
      const [notBefore, notAfter] = [
        new Date(Date.now() + DAY_MS),
        new Date(Date.now() + 2 * DAY_MS),
      ];
      return makeTestCertificate({ commonName, issuer: root, notBefore, notAfter });
    },
    "with an authority between that ran out": async (commonName) => {
      const issuer = await makeTestCertificate({
        commonName: "late factory",
        isCa: true,
        issuer: root,
        notBefore: new Date(Date.now() - 2 * DAY_MS),
        notAfter: new Date(Date.now() - DAY_MS),
      });
      return makeTestCertificate({ commonName, issuer });
    },
    "with a device between that is no authority": async (commonName) => {
      const issuer = await makeTestCertificate({ commonName: "another device", issuer: root });
      return makeTestCertificate({ commonName, issuer });
    },
    "with a link missing": async (commonName) => {
      const issuer = await makeTestCertificate({ commonName: "silent", isCa: true, issuer: root });
      const leaf = await makeTestCertificate({ commonName, issuer });
      return { ...leaf, chainPem: leaf.certPem };
    },
    "of an authority that only has the same name": async (commonName) => {
      const issuer = await makeTestCertificate({ commonName: "root", isCa: true });
      return makeTestCertificate({ commonName, issuer });
    },
  };

  test.each(Object.keys(chains))("%s lets nobody in", async (what) => {
    const registrationId = what.replaceAll(" ", "-");
    const { chainPem, keyPem } = await chains[what]!(registrationId);
    const proof = { certPem: chainPem, keyPem };
    expect(await light.register(registrationId, proof)).toMatchObject(unauthorized);
    await expectNothingOf(registrationId);
  });

  test("that is right lets its own device in", async () => {
    const factory = await makeTestCertificate({ commonName: "factory", isCa: true, issuer: root });
    const { chainPem, keyPem } = await makeTestCertificate({ commonName: "fine", issuer: factory });
    const proof = { certPem: chainPem, keyPem };
    expect(await light.register("fine", proof)).toMatchObject({ body: { status: "assigned" } });
    expect(await light.register("other", proof)).toMatchObject(unauthorized);
    await expectNothingOf("other");
  });
});

describe("registrations of one id at the same moment", () => {
  test("are one identity, whoever asks and by whatever way", async () => {
    const registrationId = "twins";
    const before = await identityCount();
    const security = { kind: "key", key: derivedKey(groupKey, registrationId) } as const;
    const outcomes = await Promise.all([
      ...TRANSPORTS.map((transport) => clients.register({ transport, registrationId, security })),
      ...Array.from({ length: 20 }, () => light.register(registrationId, proofOf(registrationId))),
    ]);
    for (const outcome of outcomes) {
      expect("result" in outcome ? outcome.result : outcome).toMatchObject(
        "result" in outcome ? { deviceId: registrationId } : { body: { status: "assigned" } },
      );
    }
    expect(await identityCount()).toBe(before + 1);
  });

  test("in different cases are one identity, too", async () => {
    const before = await identityCount();
    const names = ["Case-One", "case-one", "CASE-ONE"];
    await Promise.all(names.map((name) => light.register(name, proofOf(name))));
    expect(await identityCount()).toBe(before + 1);
  });

  test("that ask for different things end as one, and the others hear of a conflict", async () => {
    const registrationId = "quarrel";
    const before = await identityCount();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        light.register(registrationId, proofOf(registrationId), { payload: { index } }),
      ),
    );
    const assigned = outcomes.filter(({ body }) => body.status === "assigned");
    const conflicts = outcomes.filter(({ body }) => body.errorCode === 409203);
    expect(assigned.length).toBeGreaterThan(0);
    expect(assigned.length + conflicts.length).toBe(outcomes.length);
    expect(await identityCount()).toBe(before + 1);
  });
});

describe("a request", () => {
  const register = (registrationId: string, body: unknown, proof = proofOf(registrationId)) =>
    light.send({ registrationId, proof, method: "PUT", path: "register", body });

  test.each([
    ["no JSON", "{", 400],
    ["no object", "[]", 400],
    ["an id of somebody else", { registrationId: "somebody" }, 400],
    ["an endorsement key that is none", { tpm: { endorsementKey: 7 } }, 400],
    ["a payload beyond the limit", { payload: "x".repeat(97 * 1024) }, 413],
    ["a body beyond all limits", { payload: "x".repeat(8 * 1024 * 1024) }, 413],
  ])("with %s is refused", async (_what, body, status) => {
    const answer = await register("request", body);
    expect(answer.status).toBe(status);
    expect(Math.floor((answer.body.errorCode ?? 0) / 1000)).toBe(status);
    await expectNothingOf("request");
  });

  test.each([["-begins"], ["x".repeat(129)], ["sp%20ace"], ["%E0%A4%A"], ["semi;colon"]])(
    "for the id %j is refused",
    async (registrationId) => {
      const answer = await register(registrationId, {});
      expect([400, 401]).toContain(answer.status);
    },
  );

  test("about an operation that is none, or another device's, learns nothing", async () => {
    const started = await register("asked-about", {});
    const ask = (registrationId: string, operationId: string) =>
      light.send({
        registrationId,
        proof: proofOf(registrationId),
        method: "GET",
        path: `operations/${operationId}`,
      });
    const notFound = { status: 404, body: { errorCode: 404202 } };
    expect(await ask("asked-about", "5.0000000000000000.nonsense")).toMatchObject(notFound);
    expect(await ask("curious", started.body.operationId!)).toMatchObject(notFound);
  });

  test("without any proof is refused", async () => {
    const call = { registrationId: "naked", proof: undefined, method: "PUT", path: "register" };
    expect(await light.send({ ...call, body: {} })).toMatchObject(unauthorized);
    await expectNothingOf("naked");
  });

  test("with too much in it is refused by every transport", async () => {
    const registrationId = "heavy";
    const security = { kind: "key", key: derivedKey(groupKey, registrationId) } as const;
    const payload = { text: "x".repeat(97 * 1024) };
    const outcomes = await Promise.all(
      TRANSPORTS.map((transport) =>
        clients.register({ transport, registrationId, security, payload }),
      ),
    );
    for (const outcome of outcomes) expect(outcome).toHaveProperty("error");
    await expectNothingOf(registrationId);
  });
});
