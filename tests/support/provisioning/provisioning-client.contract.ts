import { createHmac, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestCertificate, TestServer } from "@larimar/testkit";
import { makeTestCertificate, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../../grid/cell.ts";
import type { Feature, Transport } from "../../grid/features.ts";
import type { SDKS, SdkName } from "../../grid/sdks.ts";
import type { AllocationWebhook } from "./allocation-webhook.ts";
import { answerWith, startAllocationWebhook } from "./allocation-webhook.ts";
import { PREPARE_MS_MAX } from "../programs/prepare.ts";
import type { Program } from "../programs/program.ts";
import { ProvisioningClient } from "./provisioning-client.ts";

type ProvisioningSdk = {
  [Name in SdkName]: (typeof SDKS)[Name]["kind"] extends "provisioning" ? Name : never;
}[SdkName];

export interface ProvisioningSuite {
  readonly sdk: ProvisioningSdk;
  readonly address: string;
  readonly transports: readonly {
    readonly id: string;
    readonly name: Transport;
  }[];
  start(env: Readonly<Record<string, string>>): Promise<Program>;
}

/** The SDK's own words, whatever they are; not that it said nothing in time. */
const REFUSED = /^register: (?!no answer)/;

/** The same expectations of every provisioning client that `Program` can drive. */
export function provisioningClientContract(client: ProvisioningSuite): void {
  const groupKey = randomBytes(32).toString("base64");
  let server: TestServer;
  let program: Program;
  let service: ProvisioningClient;
  let webhook: AllocationWebhook;
  let root: TestCertificate;
  let factory: TestCertificate;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "larimar-test-"));
    const ports = { httpsPort: 443, mqttPort: 8883, amqpPort: 5671 };
    server = await startTestServer({
      config: { bind: [client.address], host: [client.address], hub: ["near", "far"], ...ports },
    });
    // Devices come to the far one only when their enrollment, or a webhook, says so.
    const { configuration, settings } = server.server.provisioning.list()[0]!;
    const linkedHubs = settings.linkedHubs.map((hub) =>
      hub.hubName === "far" ? { ...hub, applyAllocationPolicy: false } : hub,
    );
    await configuration.change({ linkedHubs });
    webhook = await startAllocationWebhook();
    program = await client.start({ CA_FILE: server.connection.caFile });
    service = new ProvisioningClient(server.connection);
    root = await makeTestCertificate({ commonName: "root", isCa: true });
    factory = await makeTestCertificate({ commonName: "factory", isCa: true, issuer: root });
    const symmetricKey = { primaryKey: groupKey, secondaryKey: groupKey };
    await enrollGroup("derived", { type: "symmetricKey", symmetricKey });
    const signingCertificates = { primary: { certificate: root.certPem } };
    await enrollGroup("signed", { type: "x509", x509: { signingCertificates } });
  }, PREPARE_MS_MAX);

  afterAll(async () => {
    await Promise.allSettled([
      program?.[Symbol.asyncDispose](),
      service?.[Symbol.asyncDispose](),
      webhook?.[Symbol.asyncDispose](),
      rm(directory, { recursive: true, force: true }),
    ]);
    await server?.[Symbol.asyncDispose]();
  });

  async function enrollGroup(enrollmentGroupId: string, attestation: object): Promise<void> {
    await ask("createOrUpdateEnrollmentGroup", { enrollmentGroupId, attestation });
  }

  async function enroll(
    registrationId: string,
    attestation: object,
    members: object = {},
  ): Promise<void> {
    const deviceId = `${registrationId}-device`;
    const enrollment = { registrationId, deviceId, attestation, ...members };
    await ask("createOrUpdateIndividualEnrollment", enrollment);
  }

  const hostNameOf = (hub: "near" | "far") => server.client(hub).hub.hostName;

  async function ask(method: string, enrollment: object): Promise<void> {
    const outcome = await service.service(method, enrollment);
    if ("error" in outcome) throw new Error(outcome.message);
  }

  /** In files, as programs on devices find theirs. */
  async function files({ commonName, chainPem, keyPem }: TestCertificate) {
    const certFile = path.join(directory, `${commonName}.pem`);
    const keyFile = path.join(directory, `${commonName}.key`);
    await writeFile(certFile, chainPem);
    await writeFile(keyFile, keyPem);
    return { certFile, keyFile };
  }

  // The clients wait for seconds between their questions; all of them may as well wait at once.
  describe.concurrent.each(client.transports)("over $name", (column) => {
    const { id: transport, name } = column;
    const shows = (feature: Feature<"provisioning">) =>
      cell({ sdk: client.sdk, transport: name, feature });
    const register = (registrationId: string, options: object) => {
      const { hostName: host, idScope } = server.connection.provisioning[0]!;
      return program.call("register", { transport, host, idScope, registrationId, ...options });
    };
    const assigned = (deviceId: string) => ({
      status: "assigned",
      assignedHub: hostNameOf("near"),
      deviceId,
    });
    const derivedKey = (registrationId: string) =>
      createHmac("sha256", Buffer.from(groupKey, "base64")).update(registrationId).digest("base64");

    test("a device registers with a key of its own", shows("symmetric key"), async () => {
      const id = `own-key-${transport}`;
      const key = randomBytes(32).toString("base64");
      const symmetricKey = { primaryKey: key, secondaryKey: key };
      await enroll(id, { type: "symmetricKey", symmetricKey });
      expect(await register(id, { key })).toMatchObject(assigned(`${id}-device`));
    });

    test(
      "a device registers with a key derived from its group's",
      shows("symmetric key derived from a group's"),
      async () => {
        const id = `derived-${transport}`;
        const options = { key: derivedKey(id), payload: { model: "m-1" } };
        expect(await register(id, options)).toMatchObject(assigned(id));
      },
    );

    test(
      "a device registers with a certificate of its own",
      shows("X.509 certificate of its own"),
      async () => {
        const id = `own-certificate-${transport}`;
        const own = await makeTestCertificate({ commonName: id });
        const clientCertificates = { primary: { certificate: own.certPem } };
        await enroll(id, { type: "x509", x509: { clientCertificates } });
        const certificate = await files(own);
        expect(await register(id, { certificate })).toMatchObject(assigned(`${id}-device`));
      },
    );

    test(
      "a device registers with a certificate below its group's",
      shows("X.509 certificate below a group's"),
      async () => {
        const id = `signed-${transport}`;
        const own = await makeTestCertificate({ commonName: id, issuer: factory });
        expect(await register(id, { certificate: await files(own) })).toMatchObject(assigned(id));
      },
    );

    test(
      "a payload goes to who allocates, and one comes back",
      shows("payload both ways"),
      async () => {
        const id = `told-${transport}`;
        const key = randomBytes(32).toString("base64");
        const attestation = {
          type: "symmetricKey",
          symmetricKey: { primaryKey: key, secondaryKey: key },
        };
        const customAllocationDefinition = { webhookUrl: webhook.url, apiVersion: "2021-10-01" };
        const iotHubs = [hostNameOf("near"), hostNameOf("far")];
        const policy = { allocationPolicy: "custom", customAllocationDefinition };
        await enroll(id, attestation, { iotHubs, ...policy });
        webhook.answer = (response, { body }) => {
          const { payload: said } = body.deviceRuntimeContext;
          // One SDK says it as a text of JSON.
          const echo = typeof said === "string" ? (JSON.parse(said) as unknown) : said;
          answerWith(200, { iotHubHostName: hostNameOf("far"), payload: { echo } })(response);
        };
        const payload = { model: "t-1000", by: transport, größe: 3 };
        expect(await register(id, { key, payload })).toMatchObject({
          ...assigned(`${id}-device`),
          assignedHub: hostNameOf("far"),
          payload: { echo: payload },
        });
      },
    );

    test(
      "a device that registers again moves where its enrollment says",
      shows("registers again and moves"),
      async () => {
        const id = `moved-${transport}`;
        const key = randomBytes(32).toString("base64");
        const attestation = {
          type: "symmetricKey",
          symmetricKey: { primaryKey: key, secondaryKey: key },
        };
        const path = `/devices/${id}-device`;
        const isIn = async (hub: "near" | "far") =>
          (await server.client(hub).call({ method: "GET", path })).status === 200;
        for (const hub of ["near", "far"] as const) {
          const iotHubs = [hostNameOf(hub)];
          const reprovisionPolicy = { updateHubAssignment: true, migrateDeviceData: true };
          const found = await service.service("getIndividualEnrollment", id);
          const etag = "error" in found ? {} : { etag: found.result["etag"] };
          await enroll(id, attestation, { iotHubs, reprovisionPolicy, ...etag });
          expect(await register(id, { key })).toMatchObject({
            ...assigned(`${id}-device`),
            assignedHub: hostNameOf(hub),
          });
          expect([await isIn("near"), await isIn("far")]).toEqual([hub === "near", hub === "far"]);
        }
      },
    );

    test("nobody registers with somebody else's key", async () => {
      const id = `impostor-${transport}`;
      await expect(register(id, { key: derivedKey("victim") })).rejects.toThrow(REFUSED);
      const found = await server.client().call({ method: "GET", path: `/devices/${id}` });
      expect(found.status).toBe(404);
    });
  });
}
