import type { IotHubDescription } from "@azure/arm-iothub";
import type { TestServer } from "@larimar/testkit";
import { makeTestCertificate, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import type { Feature } from "../grid/features.ts";
import { ArmClient } from "../support/service-clients/arm-client.ts";
import { EventsReader } from "../support/events/events-reader.ts";

// The clients know no other ports than the standard ones.
const ADDRESS = "127.0.0.77";
const GROUP = "plant";
const HUBS = "iothub.iotHubResource";

const NO_CONDITIONS = {
  ifMatch: undefined,
  ifNoneMatch: undefined,
  ifModifiedSinceMs: undefined,
  ifUnmodifiedSinceMs: undefined,
};

interface Keys {
  readonly keyName: string;
  readonly primaryKey: string;
  readonly secondaryKey: string;
  readonly rights: string;
}

const shows = (...features: readonly Feature<"management">[]) =>
  cell(
    ...features.map(
      (feature) => ({ sdk: "@azure/arm-iothub (Node)", transport: "HTTPS", feature }) as const,
    ),
  );

describe("@azure/arm-iothub", () => {
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

  const create = (name: string, properties: object = {}) =>
    arm.call<IotHubDescription>(`${HUBS}.beginCreateOrUpdateAndWait`, GROUP, name, {
      location: "here",
      sku: { name: "S1", capacity: 1 },
      tags: { hall: "3" },
      properties,
    });

  const ownerOf = async (name: string) => {
    const keys = await arm.call<Keys[]>(`${HUBS}.listKeys`, GROUP, name);
    const { primaryKey } = keys.find(({ keyName }) => keyName === "iothubowner")!;
    const { properties } = await arm.call<IotHubDescription>(`${HUBS}.get`, GROUP, name);
    return `HostName=${properties?.hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${primaryKey}`;
  };

  const connectionOf = (name: string) => ({
    ...server.server.connection,
    hubs: server.server.connection.hubs.filter((hub) => hub.name === name),
  });

  test("finds the hub that the server began with", async () => {
    const hubs = await arm.call<IotHubDescription[]>(`${HUBS}.listBySubscription`);
    expect(hubs).toMatchObject([
      {
        name: "local",
        type: "Microsoft.Devices/IotHubs",
        sku: { name: "S1", tier: "Standard", capacity: 1 },
        properties: { state: "Active", provisioningState: "Succeeded", hostName: ADDRESS },
      },
    ]);
    expect(hubs[0]?.id).toMatch(/^\/subscriptions\/[\d-]+\/resourceGroups\/larimar\/providers\//);
    const statistics = await arm.call(`${HUBS}.getStats`, GROUP, "local");
    expect(statistics).toEqual({
      totalDeviceCount: 0,
      enabledDeviceCount: 0,
      disabledDeviceCount: 0,
    });
    expect(await arm.call(`${HUBS}.listQuotaMetrics`, GROUP, "local")).toMatchObject([
      { name: "TotalDeviceCount", currentValue: 0 },
    ]);
    const skus = await arm.call<object[]>(`${HUBS}.listValidSkus`, GROUP, "local");
    expect(skus).toHaveLength(7);
    expect(await arm.call("iothub.operations.list")).not.toEqual([]);
    expect(await arm.call("iothub.resourceProviderCommon.getSubscriptionQuota")).toMatchObject({
      value: [{ name: { value: "IotHub" }, currentValue: 1 }, {}],
    });
  });

  test(
    "creates a hub that back ends, devices and readers of events use at once",
    shows("hubs or services", "consumer groups"),
    async () => {
      const check = (name: string) => arm.call(`${HUBS}.checkNameAvailability`, { name });
      expect(await check("second")).toEqual({ nameAvailable: true });
      expect(await create("second")).toMatchObject({
        name: "second",
        location: "here",
        tags: { hall: "3" },
        properties: {
          hostName: "second.localhost",
          eventHubEndpoints: {
            events: { path: "second", partitionCount: 4, endpoint: "sb://second.localhost/" },
          },
          routing: { fallbackRoute: { isEnabled: true, endpointNames: ["events"] } },
        },
      });
      expect(await check("Second")).toMatchObject({
        reason: "AlreadyExists",
        nameAvailable: false,
      });
      const groups = "eventHubEndpoints";
      const group = await arm.call(
        `${HUBS}.createEventHubConsumerGroup`,
        GROUP,
        "second",
        "events",
        "billing",
        { properties: { name: "billing" } },
      );
      expect(group).toMatchObject({
        name: "billing",
        id: expect.stringContaining(groups) as string,
      });
      const listed = await arm.call(
        `${HUBS}.listEventHubConsumerGroups`,
        GROUP,
        "second",
        "events",
      );
      expect(listed).toMatchObject([{ name: "$Default" }, { name: "billing" }]);

      const device = await arm.call<{ authentication: { symmetricKey: { primaryKey: string } } }>(
        "createDevice",
        await ownerOf("second"),
        "press",
      );
      const { primaryKey } = device.authentication.symmetricKey;
      await using reader = await EventsReader.start(connectionOf("second"), {
        consumerGroup: "billing",
      });
      const deviceString = `HostName=second.localhost;DeviceId=press;SharedAccessKey=${primaryKey}`;
      await arm.call("sendTelemetry", deviceString, "hello");
      expect(await reader.received(1)).toMatchObject([{ body: "hello" }]);

      await arm.call(`${HUBS}.deleteEventHubConsumerGroup`, GROUP, "second", "events", "billing");
      await reader.waitFor(() => reader.errors.length > 0, "end of the reader");
      const gone = await arm.attempt(
        `${HUBS}.getEventHubConsumerGroup`,
        GROUP,
        "second",
        "events",
        "billing",
      );
      expect(gone).toMatchObject({ status: 404, code: "ResourceNotFound" });
    },
  );

  test("regenerates keys, which count from then on", shows("policies and keys"), async () => {
    await create("keys");
    const before = await ownerOf("keys");
    const hub = await arm.call<IotHubDescription>(`${HUBS}.get`, GROUP, "keys");
    const authorizationPolicies = hub.properties!.authorizationPolicies!.map((policy) => ({
      ...policy,
      primaryKey: policy.keyName === "iothubowner" ? policy.secondaryKey! : policy.primaryKey!,
    }));
    const change = { ...hub, properties: { ...hub.properties, authorizationPolicies } };
    const put = (etag: string) =>
      arm.attempt(`${HUBS}.beginCreateOrUpdateAndWait`, GROUP, "keys", change, { ifMatch: etag });
    expect(await put(hub.etag!)).toMatchObject({ value: { tags: { hall: "3" } } });
    expect(await put(hub.etag!)).toMatchObject({ status: 412 });
    const after = await ownerOf("keys");
    expect(after).not.toBe(before);
    expect(server.server.connection.hubs.find(({ name }) => name === "keys")).toMatchObject({
      connectionStrings: { iothubowner: after },
    });
    expect(await arm.attempt("createDevice", before, "one")).toMatchObject({
      error: "UnauthorizedError",
    });
    expect(await arm.attempt("createDevice", after, "one")).toHaveProperty("value");
    const key = await arm.call<Keys>(`${HUBS}.getKeysForKeyName`, GROUP, "keys", "service");
    expect(key).toMatchObject({ keyName: "service", rights: "ServiceConnect" });
  });

  test("stores routes, and says where a message would go", shows("routing"), async () => {
    const route = {
      name: "hot",
      source: "DeviceMessages",
      condition: "level = 'hot'",
      endpointNames: ["events"],
      isEnabled: true,
    };
    const hub = await create("routes", {
      routing: { routes: [route], enrichments: [] },
      cloudToDevice: { maxDeliveryCount: 7, defaultTtlAsIso8601: "PT2H" },
    });
    expect(hub.properties).toMatchObject({
      routing: { routes: [route], fallbackRoute: { isEnabled: false } },
      cloudToDevice: { maxDeliveryCount: 7, defaultTtlAsIso8601: "PT2H" },
    });
    const trial = (level: string) => ({
      routingSource: "DeviceMessages",
      message: { body: "{}", appProperties: { level }, systemProperties: {} },
    });
    const all = (level: string) => arm.call(`${HUBS}.testAllRoutes`, "routes", GROUP, trial(level));
    expect(await all("hot")).toMatchObject({ routes: [{ properties: { name: "hot" } }] });
    expect(await all("cold")).toEqual({ routes: [] });
    const one = (condition: string) =>
      arm.call(`${HUBS}.testRoute`, "routes", GROUP, {
        message: trial("hot").message,
        route: { ...route, condition },
      });
    expect(await one("level = 'hot'")).toMatchObject({ result: "true" });
    expect(await one("level =")).toMatchObject({
      details: { compilationErrors: [{ severity: "error", location: { start: { line: 1 } } }] },
    });
    const bad = arm.attempt(`${HUBS}.beginCreateOrUpdateAndWait`, GROUP, "routes", {
      ...hub,
      properties: { routing: { routes: [{ ...route, endpointNames: ["nowhere"] }] } },
    });
    expect(await bad).toMatchObject({
      status: 400,
      message: expect.stringMatching(/nowhere/) as string,
    });
  });

  test("exports the devices of a hub into its files", async () => {
    await create("exports");
    await arm.call("createDevice", await ownerOf("exports"), "press");
    const uri = "https://exports.localhost/larimarblobs/uploads";
    const begun = await arm.call<{ jobId: string }>(`${HUBS}.exportDevices`, GROUP, "exports", {
      exportBlobContainerUri: uri,
      excludeKeys: true,
      authenticationType: "identityBased",
    });
    const job = () => arm.call<{ status: string }>(`${HUBS}.getJob`, GROUP, "exports", begun.jobId);
    await expect.poll(async () => (await job()).status).toBe("completed");
    expect(await arm.call(`${HUBS}.listJobs`, GROUP, "exports")).toMatchObject([
      { jobId: begun.jobId, type: "export", status: "completed" },
    ]);
    const hub = server.server.hubs.find("exports")!;
    const address = { containerName: "uploads", blobName: "devices.txt" };
    expect((await hub.blobs.find(address, NO_CONDITIONS)).sizeBytes).toBeGreaterThan(10);
    expect(await arm.attempt(`${HUBS}.getJob`, GROUP, "exports", "none")).toMatchObject({
      status: 404,
    });
  });

  test("proves the possession of a certificate authority", shows("certificates"), async () => {
    await create("certificates");
    const of = (operation: string, ...args: unknown[]) =>
      arm.attempt(`iothub.certificates.${operation}`, GROUP, "certificates", "root", ...args);
    const root = await makeTestCertificate({ commonName: "Plant root", isCa: true });
    const put = await of("createOrUpdate", { properties: { certificate: root.der } });
    expect(put).toMatchObject({
      value: { name: "root", properties: { subject: "Plant root", isVerified: false } },
    });
    const { etag } = (put as { value: { etag: string } }).value;
    const coded = await of("generateVerificationCode", etag);
    const { value } = coded as {
      value: { etag: string; properties: { verificationCode: string } };
    };
    const leaf = (commonName: string) => makeTestCertificate({ commonName, issuer: root });
    const verify = async (commonName: string) =>
      of("verify", value.etag, { certificate: (await leaf(commonName)).certPem });
    expect(await verify("another")).toMatchObject({ status: 400 });
    expect(await verify(value.properties.verificationCode)).toMatchObject({
      value: { properties: { isVerified: true } },
    });
    const listed = await arm.call("iothub.certificates.listByIotHub", GROUP, "certificates");
    expect(listed).toMatchObject({ value: [{ name: "root", properties: { isVerified: true } }] });
    expect(await of("delete", value.etag)).toMatchObject({ status: 412 });
    expect(await of("delete", "*")).toHaveProperty("value");
    expect(await of("get")).toMatchObject({ status: 404 });
  });

  test("deletes a hub; its devices are disconnected, and it is found no more", async () => {
    await create("goes");
    const owner = await ownerOf("goes");
    const device = await arm.call<{ authentication: { symmetricKey: { primaryKey: string } } }>(
      "createDevice",
      owner,
      "press",
    );
    const key = device.authentication.symmetricKey.primaryKey;
    const ended = arm.call(
      "stayConnected",
      `HostName=goes.localhost;DeviceId=press;SharedAccessKey=${key}`,
    );
    await arm.connected();
    await using reader = await EventsReader.start(connectionOf("goes"));
    expect(await arm.attempt(`${HUBS}.beginDeleteAndWait`, GROUP, "goes")).toHaveProperty("value");
    expect(await ended).toBe("disconnected");
    await reader.waitFor(() => reader.errors.length > 0, "end of the reader");
    expect(await arm.attempt(`${HUBS}.get`, GROUP, "goes")).toMatchObject({
      status: 404,
      code: "ResourceNotFound",
    });
    const hubs = await arm.call<IotHubDescription[]>(`${HUBS}.listByResourceGroup`, GROUP);
    expect(hubs.map(({ name }) => name)).not.toContain("goes");
    expect(await arm.attempt("createDevice", owner, "another")).toHaveProperty("error");
    // Once more is fine.
    expect(await arm.attempt(`${HUBS}.beginDeleteAndWait`, GROUP, "goes")).toHaveProperty("value");
  });

  test("is refused without the token of the server", async () => {
    await using stranger = new ArmClient(server.connection, "another-token");
    expect(await stranger.attempt(`${HUBS}.beginDeleteAndWait`, GROUP, "local")).toMatchObject({
      status: 401,
      code: "AuthenticationFailed",
    });
    expect(server.server.hubs.find("local")).toBeDefined();
  });

  test.each<[string, string, object]>([
    ["a bad name", "a_b", {}],
    ["a tier that is none", "bad", { sku: { name: "S9" } }],
    [
      "too many partitions",
      "bad",
      { properties: { eventHubEndpoints: { events: { partitionCount: 999 } } } },
    ],
    ["what the server does not enforce", "bad", { properties: { disableLocalAuth: true } }],
  ])("is refused with %s, and nothing is there afterwards", async (_, name, change) => {
    const description = { location: "here", sku: { name: "S1", capacity: 1 }, ...change };
    const refused = arm.attempt(`${HUBS}.beginCreateOrUpdateAndWait`, GROUP, name, description);
    expect(await refused).toMatchObject({ status: 400 });
    expect(await arm.attempt(`${HUBS}.get`, GROUP, name)).toMatchObject({ status: 404 });
  });
});
