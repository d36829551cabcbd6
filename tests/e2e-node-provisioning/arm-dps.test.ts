import type { ProvisioningServiceDescription } from "@azure/arm-deviceprovisioningservices";
import type { TestServer } from "@larimar/testkit";
import { makeTestCertificate, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ArmClient } from "../support/service-clients/arm-client.ts";
import { ProvisioningClient } from "../support/provisioning/provisioning-client.ts";

// The clients know no other ports than the standard ones.
const ADDRESS = "127.0.0.78";
const GROUP = "plant";
const SERVICES = "dps.iotDpsResource";

describe("@azure/arm-deviceprovisioningservices", () => {
  let server: TestServer;
  let arm: ArmClient;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, amqpPort: 5671, mqttPort: 8883 },
    });
    arm = new ArmClient(server.connection);
  });

  afterAll(async () => {
    await arm[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const put = (name: string, properties: object) =>
    arm.attempt(`${SERVICES}.beginCreateOrUpdateAndWait`, GROUP, name, {
      location: "here",
      sku: { name: "S1", capacity: 1 },
      properties,
    });

  const create = async (name: string, properties: object = {}) => {
    const outcome = await put(name, properties);
    expect(outcome).toHaveProperty("value");
    return (outcome as { value: ProvisioningServiceDescription }).value;
  };

  const owner = () => server.server.connection.hubs[0]!.connectionStrings["iothubowner"]!;

  test("finds the service that the server began with", async () => {
    expect(await arm.call(`${SERVICES}.listBySubscription`)).toMatchObject([
      {
        name: "local-dps",
        type: "Microsoft.Devices/provisioningServices",
        properties: {
          state: "Active",
          allocationPolicy: "Hashed",
          iotHubs: [{ name: ADDRESS, allocationWeight: 1 }],
        },
      },
    ]);
    expect(await arm.call(`${SERVICES}.listValidSkus`, "local-dps", GROUP)).toEqual([
      { name: "S1" },
    ]);
  });

  test("creates a service, links a hub, and a device provisions itself through both", async () => {
    const name = "factory";
    const check = () => arm.call(`${SERVICES}.checkProvisioningServiceNameAvailability`, { name });
    expect(await check()).toEqual({ nameAvailable: true });
    const service = await create(name, {
      allocationPolicy: "GeoLatency",
      iotHubs: [{ connectionString: owner(), location: "here", allocationWeight: 5 }],
    });
    expect(service.properties).toMatchObject({
      allocationPolicy: "GeoLatency",
      serviceOperationsHostName: "factory.localhost",
      iotHubs: [{ name: ADDRESS, allocationWeight: 5, applyAllocationPolicy: true }],
    });
    expect(JSON.stringify(service)).not.toContain(owner().split("SharedAccessKey=")[1]);
    expect(await check()).toMatchObject({ nameAvailable: false, reason: "AlreadyExists" });
    const [key] = await arm.call<{ keyName: string; primaryKey: string }[]>(
      `${SERVICES}.listKeys`,
      name,
      GROUP,
    );
    const { primaryKey } = key!;
    const shown = await arm.call(
      `${SERVICES}.listKeysForKeyName`,
      name,
      "provisioningserviceowner",
      GROUP,
    );
    expect(shown).toMatchObject({ primaryKey });
    const found = server.server.provisioning.find(name)!;
    const { attestation } = await found.individualEnrollments.create({
      id: "press",
      attestation: { type: "symmetricKey" },
    });
    await using client = new ProvisioningClient(server.connection);
    const registered = await client.register({
      transport: "Mqtt",
      idScope: found.settings.idScope,
      registrationId: "press",
      security: {
        kind: "key",
        key: attestation.type === "symmetricKey" ? attestation.primaryKey : "",
      },
    });
    expect(registered).toMatchObject({ result: { assignedHub: ADDRESS, deviceId: "press" } });
  });

  test("keeps links whose keys come back masked, and refuses keys that are not the hub's", async () => {
    const name = "links";
    const remote = "HostName=far.example;SharedAccessKeyName=o;SharedAccessKey=c2VjcmV0";
    const service = await create(name, {
      iotHubs: [
        { connectionString: owner(), location: "here" },
        { connectionString: remote, location: "far", applyAllocationPolicy: false },
      ],
    });
    const again = await put(name, {
      iotHubs: service.properties.iotHubs!.map((hub) => ({ ...hub, allocationWeight: 9 })),
    });
    expect(again).toMatchObject({
      value: { properties: { iotHubs: [{ allocationWeight: 9 }, { allocationWeight: 9 }] } },
    });
    expect(server.server.provisioning.find(name)!.settings.linkedHubs).toMatchObject([
      { hubName: "local", allocationWeight: 9 },
      { hostName: "far.example", connectionString: remote, applyAllocationPolicy: false },
    ]);
    const forged = owner().replace(/SharedAccessKey=.*/, "SharedAccessKey=c2VjcmV0");
    const refused = await put(name, { iotHubs: [{ connectionString: forged, location: "here" }] });
    expect(refused).toMatchObject({ status: 400 });
    expect(server.server.provisioning.find(name)!.settings.linkedHubs).toHaveLength(2);
    const none = await create(name, { iotHubs: [] });
    expect(none.properties.iotHubs).toEqual([]);
  });

  test("proves the possession of a certificate authority", async () => {
    await create("proofs");
    const certificates = "dps.dpsCertificate";
    const root = await makeTestCertificate({ commonName: "Plant root", isCa: true });
    const bytes = { $bytes: Buffer.from(root.certPem).toString("base64") };
    const created = await arm.call<{ etag: string }>(
      `${certificates}.createOrUpdate`,
      ...[GROUP, "proofs", "root", { properties: { certificate: bytes } }],
    );
    const coded = await arm.call<{ etag: string; properties: { verificationCode: string } }>(
      `${certificates}.generateVerificationCode`,
      ...["root", created.etag, GROUP, "proofs"],
    );
    const leaf = await makeTestCertificate({
      commonName: coded.properties.verificationCode,
      issuer: root,
    });
    const verified = await arm.call<{ etag: string }>(
      `${certificates}.verifyCertificate`,
      ...["root", coded.etag, GROUP, "proofs", { certificate: leaf.certPem }],
    );
    expect(verified).toMatchObject({ properties: { isVerified: true, subject: "Plant root" } });
    const gone = await arm.attempt(
      `${certificates}.delete`,
      ...[GROUP, verified.etag, "proofs", "root"],
    );
    expect(gone).toHaveProperty("value");
    expect(await arm.call(`${certificates}.list`, GROUP, "proofs")).toEqual({ value: [] });
  });

  test("deletes a service with its enrollments, and a new one of that name begins anew", async () => {
    const first = await create("goes");
    await server.server.provisioning.find("goes")!.enrollmentGroups.create({
      id: "line",
      attestation: { type: "symmetricKey" },
    });
    const remove = () => arm.attempt(`${SERVICES}.beginDeleteAndWait`, "goes", GROUP);
    expect(await remove()).toHaveProperty("value");
    expect(await arm.attempt(`${SERVICES}.get`, "goes", GROUP)).toMatchObject({ status: 404 });
    expect(await remove()).toHaveProperty("value");
    const second = await create("goes");
    expect(second.properties.idScope).not.toBe(first.properties.idScope);
    const anew = server.server.provisioning.find("goes")!;
    await expect(anew.enrollmentGroups.get("line")).rejects.toMatchObject({
      code: "EnrollmentNotFound",
    });
  });
});
