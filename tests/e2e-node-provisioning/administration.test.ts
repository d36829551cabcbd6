import { randomBytes } from "node:crypto";
import type {
  CertificateResponse,
  ProvisioningServiceDescription,
} from "@azure/arm-deviceprovisioningservices";
import type { ServerProcess, TestCertificate, TestServer } from "@larimar/testkit";
import { makeTestCertificate, runCommand } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import type { Feature } from "../grid/features.ts";
import { ArmClient } from "../support/service-clients/arm-client.ts";
import { LightProvisioning } from "../support/provisioning/light-provisioning.ts";
import { ProvisioningClient } from "../support/provisioning/provisioning-client.ts";
import type { TwoServers } from "../support/provisioning/two-servers.ts";
import { startTwoServers } from "../support/provisioning/two-servers.ts";

// The clients know no other ports than 443, 8883 and 5671.
const ADDRESS = "127.0.0.108";
const ELSEWHERE = "127.0.0.102";
const GROUP = "larimar";
const SERVICE = "near-dps";
const SERVICES = "dps.iotDpsResource";
const CERTIFICATES = "dps.dpsCertificate";

const key = randomBytes(32).toString("base64");
const symmetricKeys = {
  type: "symmetricKey",
  symmetricKey: { primaryKey: key, secondaryKey: key },
};

let servers: TwoServers;
let elsewhere: ServerProcess;
let server: TestServer;
let arm: ArmClient;
let clients: ProvisioningClient;
let light: LightProvisioning;

beforeAll(async () => {
  servers = await startTwoServers({ here: ADDRESS, elsewhere: ELSEWHERE });
  ({ server, elsewhere } = servers);
  arm = new ArmClient(server.connection);
  clients = new ProvisioningClient(server.connection);
  light = new LightProvisioning(server.connection, ADDRESS);
});
afterAll(async () => {
  light?.[Symbol.dispose]();
  await clients?.[Symbol.asyncDispose]();
  await arm?.[Symbol.asyncDispose]();
  await servers?.[Symbol.asyncDispose]();
});

const shows = (feature: Feature<"management">) =>
  cell({
    sdk: "@azure/arm-deviceprovisioningservices (Node)",
    transport: "HTTPS",
    feature,
  });

const readService = () =>
  arm.call<ProvisioningServiceDescription>(`${SERVICES}.get`, SERVICE, GROUP);

async function changeService(properties: object): Promise<ProvisioningServiceDescription> {
  const current = await readService();
  return arm.call(`${SERVICES}.beginCreateOrUpdateAndWait`, GROUP, SERVICE, {
    ...current,
    properties: { ...current.properties, ...properties },
  });
}

async function enroll(enrollment: Record<string, unknown>): Promise<void> {
  const kind = "registrationId" in enrollment ? "IndividualEnrollment" : "EnrollmentGroup";
  const outcome = await clients.service(`createOrUpdate${kind}`, enrollment);
  if ("error" in outcome) throw new Error(outcome.message);
}

async function hubOf(registrationId: string): Promise<unknown> {
  const { body } = await light.register(registrationId, { key });
  return body.registrationState?.["assignedHub"];
}

describe("@azure/arm-deviceprovisioningservices", () => {
  test("finds the service, with its scope and where it is", shows("hubs or services"), async () => {
    const services = await arm.call<ProvisioningServiceDescription[]>(
      `${SERVICES}.listBySubscription`,
    );
    const { idScope, hostName } = server.connection.provisioning[0]!;
    expect(services).toMatchObject([
      {
        name: SERVICE,
        type: "Microsoft.Devices/provisioningServices",
        properties: {
          state: "Active",
          allocationPolicy: "Hashed",
          idScope,
          serviceOperationsHostName: hostName,
          iotHubs: [{ allocationWeight: 1 }, { allocationWeight: 1 }],
        },
      },
    ]);
    expect(JSON.stringify(services)).not.toMatch(/SharedAccessKey=[A-Za-z0-9+/]{20}/);
  });

  test("changes which hubs devices go to, and how, while the service runs", async () => {
    const { properties } = await readService();
    const [near, far] = properties.iotHubs ?? [];
    await changeService({ iotHubs: [{ ...near, applyAllocationPolicy: false }, far] });
    await enroll({ registrationId: "one-left", attestation: symmetricKeys });
    expect(await hubOf("one-left")).toBe(far?.name);

    await changeService({ allocationPolicy: "Static", iotHubs: [near, far] });
    await enroll({ registrationId: "static", attestation: symmetricKeys, iotHubs: [near?.name] });
    expect(await hubOf("static")).toBe(near?.name);
    await changeService({ allocationPolicy: "Hashed" });
  });

  test("links a hub of another server by its connection string, and unlinks it", async () => {
    const { properties } = await readService();
    const { iothubowner } = elsewhere.connection.hubs[0]!.connectionStrings;
    const link = { connectionString: iothubowner, location: "there", applyAllocationPolicy: false };
    const linked = await changeService({ iotHubs: [...(properties.iotHubs ?? []), link] });
    const { name } = linked.properties.iotHubs!.at(-1)!;
    expect(linked.properties.iotHubs!.at(-1)!.connectionString).not.toBe(iothubowner);
    await enroll({ registrationId: "abroad", attestation: symmetricKeys, iotHubs: [name] });
    expect(await hubOf("abroad")).toBe(elsewhere.connection.hubs[0]!.hostName);
    const path = "/devices/abroad";
    expect((await elsewhere.client().call({ method: "GET", path })).status).toBe(200);

    await changeService({ iotHubs: properties.iotHubs });
    const { body } = await light.register("abroad", { key });
    expect(body.registrationState).toMatchObject({ errorCode: 400208 });
  });

  test(
    "makes policies whose holders may do what they say",
    shows("policies and keys"),
    async () => {
      const { properties } = await readService();
      const reader = { keyName: "reader", rights: "EnrollmentRead" };
      const owner = properties.authorizationPolicies ?? [];
      await changeService({ authorizationPolicies: [...owner, reader] });
      const { primaryKey } = await arm.call<{ primaryKey: string }>(
        `${SERVICES}.listKeysForKeyName`,
        SERVICE,
        "reader",
        GROUP,
      );
      const holder = `HostName=${ADDRESS};SharedAccessKeyName=reader;SharedAccessKey=${primaryKey}`;
      const read = clients.serviceAs(holder, "getIndividualEnrollment", "static");
      expect(await read).toHaveProperty("result");
      const remove = clients.serviceAs(holder, "deleteIndividualEnrollment", "static");
      expect(await remove).toMatchObject({ status: 401 });
      // The owner's keys are as they were.
      expect(await clients.service("getIndividualEnrollment", "static")).toHaveProperty("result");
    },
  );

  test(
    "proves that an operator has an authority's key, after which devices below it come in",
    shows("certificates"),
    async () => {
      const root = await makeTestCertificate({ commonName: "Plant root", isCa: true });
      const factory = await makeTestCertificate({ commonName: "Line", isCa: true, issuer: root });
      const attestation = { type: "x509", x509: { caReferences: { primary: "plant" } } };
      await enroll({ enrollmentGroupId: "by-authority", attestation });
      await enroll({ registrationId: "by-authority-alone", attestation });
      const comesIn = async (commonName: string, issuer: TestCertificate) => {
        const { chainPem, keyPem } = await makeTestCertificate({ commonName, issuer });
        return (await light.register(commonName, { certPem: chainPem, keyPem })).status;
      };
      expect(await comesIn("too-early", factory)).toBe(401);

      await arm.call(`${CERTIFICATES}.createOrUpdate`, GROUP, SERVICE, "plant", {
        properties: { certificate: { $bytes: root.der } },
      });
      expect(await comesIn("unproven", factory)).toBe(401);
      const generate = ["plant", "*", GROUP, SERVICE];
      const { properties } = await arm.call<{ properties: { verificationCode: string } }>(
        `${CERTIFICATES}.generateVerificationCode`,
        ...generate,
      );
      const prove = async (issuer: TestCertificate) => {
        const commonName = properties.verificationCode;
        const { certPem: certificate } = await makeTestCertificate({ commonName, issuer });
        return arm.attempt(`${CERTIFICATES}.verifyCertificate`, ...generate, { certificate });
      };
      const impostor = await makeTestCertificate({ commonName: "Plant root", isCa: true });
      expect(await prove(impostor)).toMatchObject({ status: 400 });
      expect(await comesIn("still-unproven", factory)).toBe(401);
      expect(await prove(root)).toMatchObject({ value: { properties: { isVerified: true } } });
      expect(await comesIn("member", factory)).toBe(200);
      expect(await comesIn("by-authority-alone", root)).toBe(200);
      expect(await comesIn("stranger", impostor)).toBe(401);

      const read = await arm.call<CertificateResponse>(
        `${CERTIFICATES}.get`,
        "plant",
        GROUP,
        SERVICE,
      );
      await arm.call(`${CERTIFICATES}.delete`, GROUP, read.etag, SERVICE, "plant");
      expect(await comesIn("too-late", factory)).toBe(401);
    },
  );
});

test("larimar dps links a hub of another server as well", async () => {
  // The command trusts the server it talks to by the file that it is given.
  const { iothubowner = "" } = elsewhere.connection.hubs[0]!.connectionStrings;
  const data = ["--data", server.server.directory];
  const command = runCommand(["dps", "link", iothubowner, "--no-allocation", ...data]);
  expect(await command.ended).toMatchObject({ code: 0 });
  expect(command.stdout).toContain(elsewhere.connection.hubs[0]!.hostName);
  const { properties } = await readService();
  expect(properties.iotHubs).toHaveLength(3);
});
