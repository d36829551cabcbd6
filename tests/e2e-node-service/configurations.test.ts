import {
  type HubClient,
  HubClient as Hub,
  type TestServer,
  startTestServer,
} from "@larimar/testkit";
import { Client } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { RegistryClient } from "../support/service-clients/registry-client.ts";

// The clients know no other ports than 443 and 8883.
const ADDRESS = "127.0.0.75";

const SHOWN = {
  sdk: "azure-iothub (Node)",
  transport: "HTTPS",
  feature: "configurations",
} as const;

interface ConfigurationJson {
  readonly etag: string;
  readonly priority: number;
  readonly content: unknown;
  readonly systemMetrics: { readonly results: Readonly<Record<string, number>> };
  readonly metrics: { readonly results: Readonly<Record<string, number>> };
}

/** A device of the official SDK that remembers what it is told of its desired properties. */
async function connectDevice(connectionString: string, caPem: string) {
  const client = Client.fromConnectionString(connectionString, Mqtt);
  await client.setOptions({ ca: caPem });
  await client.open();
  const twin = await client.getTwin();
  const told: { by?: string | null }[] = [];
  // The client begins with all properties there are: so far none.
  twin.on("properties.desired", ({ $version, ...delta }: { $version: number }) => {
    if ($version > 1) told.push(delta);
  });
  // The client says nothing once it listens; what it asks from here on is answered later than that.
  await twin.get();
  return {
    told,
    [Symbol.asyncDispose]: async () => void (await client.close()),
  };
}

describe("configurations of azure-iothub", () => {
  let server: TestServer;
  let registry: RegistryClient;
  let hub: HubClient;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, mqttPort: 8883 },
    });
    const { connection } = server;
    hub = Hub.fromConnection(connection, { address: ADDRESS });
    registry = new RegistryClient({
      connectionString: connection.hubs[0]?.connectionStrings["iothubowner"] ?? "",
      caFile: connection.caFile,
    });
  });

  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const bodyOf = async <T>(method: string, ...args: unknown[]): Promise<T> => {
    const outcome = await registry.call(method, ...args);
    if (!("body" in outcome)) throw new Error(`${method}: ${outcome.error}: ${outcome.message}`);
    return outcome.body as T;
  };
  const configurationOf = (id: string) => bodyOf<ConfigurationJson>("getConfiguration", id);
  const twinOf = (deviceId: string) =>
    bodyOf<{ configurations?: object; properties: { desired: object } }>("getTwin", deviceId);
  const tag = (deviceId: string, site: string) =>
    registry.call("updateTwin", deviceId, { tags: { site } }, "*");

  test(
    "reach a connected device as it comes into scope, and leave it again",
    cell(SHOWN),
    async () => {
      const { connectionString } = await hub.createDevice("press");
      await using device = await connectDevice(connectionString, hub.caPem);
      const content = { deviceContent: { "properties.desired.fan": { speed: 3 } } };
      const queries = { pressed: "select deviceId from devices where tags.site = 'hall'" };
      const added = await registry.call("addConfiguration", {
        id: "fans",
        content,
        targetCondition: "tags.site = 'hall'",
        priority: 10,
        metrics: { queries },
      });
      expect(added).toMatchObject({ status: 200, body: { id: "fans", content, priority: 10 } });
      await tag("press", "hall");
      await expect.poll(() => device.told).toMatchObject([{ fan: { speed: 3 } }]);
      expect(await twinOf("press")).toMatchObject({
        configurations: { fans: { status: "Applied" } },
        properties: { desired: { fan: { speed: 3 }, $version: 2 } },
      });
      await expect
        .poll(async () => (await configurationOf("fans")).systemMetrics.results)
        .toEqual({ targetedCount: 1, appliedCount: 1 });
      expect((await configurationOf("fans")).metrics.results).toEqual({ pressed: 1 });
      await tag("press", "yard");
      await expect.poll(() => device.told).toMatchObject([{}, { fan: null }]);
      const twin = await twinOf("press");
      expect(twin).not.toHaveProperty("configurations");
      expect(twin.properties.desired).not.toHaveProperty("fan");
    },
  );

  test(
    "give way to each other by priority, and go when they are removed",
    cell(SHOWN),
    async () => {
      const { connectionString } = await hub.createDevice("lathe");
      await using device = await connectDevice(connectionString, hub.caPem);
      const add = (id: string, priority: number) =>
        registry.call("addConfiguration", {
          id,
          content: { deviceContent: { "properties.desired.by": id } },
          targetCondition: "deviceId = 'lathe'",
          priority,
        });
      const isTold = async (by: string | null) => {
        await expect.poll(() => device.told.at(-1)).toMatchObject({ by });
      };
      await add("low", 1);
      await isTold("low");
      await add("high", 2);
      await isTold("high");
      const low = await configurationOf("low");
      expect(await registry.call("updateConfiguration", { ...low, priority: 3 })).toMatchObject({
        status: 200,
        body: { priority: 3 },
      });
      await isTold("low");
      expect(await registry.call("updateConfiguration", { ...low, priority: 9 })).toMatchObject({
        error: "InvalidEtagError",
      });
      expect(
        await registry.call("updateConfiguration", { ...low, priority: 5 }, true),
      ).toMatchObject({ status: 200, body: { priority: 5 } });
      expect(await registry.call("removeConfiguration", "low")).toMatchObject({ status: 204 });
      await isTold("high");
      await registry.call("removeConfiguration", "high");
      await isTold(null);
      expect(await registry.call("getConfiguration", "high")).toHaveProperty("error");
    },
  );

  test("are listed, and refuse what cannot be", cell(SHOWN), async () => {
    const content = { moduleContent: { "properties.desired": { on: true } } };
    await registry.call("addConfiguration", { id: "listed", content, targetCondition: "" });
    const listed = await bodyOf<readonly { id: string }[]>("getConfigurations");
    expect(listed.map(({ id }) => id)).toContain("listed");
    const broken = { id: "broken", content, targetCondition: "tags.site =" };
    for (const configuration of [broken, { id: "BROKEN", content }, { id: "broken" }]) {
      expect(await registry.call("addConfiguration", configuration)).toMatchObject({
        error: "ArgumentError",
      });
    }
    // The client leaves this one to tools.
    const tested = await hub.call({
      method: "POST",
      path: "/configurations/testQueries",
      body: {
        targetCondition: "tags.site =",
        customMetricQueries: { all: "select * from devices" },
      },
    });
    expect(tested).toMatchObject({
      status: 200,
      body: {
        targetConditionError: expect.stringContaining("line 1") as string,
        customMetricQueryErrors: {},
      },
    });
  });

  test("bring modules to edge devices, and content to one of them", cell(SHOWN), async () => {
    const edge = await bodyOf<{ deviceScope: string }>("create", {
      deviceId: "gateway",
      capabilities: { iotEdge: true },
    });
    expect(edge.deviceScope).toMatch(/^ms-azure-iot-edge:\/\/gateway-\d+$/);
    const modulesContent = (image: string) => ({
      $edgeAgent: {
        "properties.desired": {
          schemaVersion: "1.1",
          systemModules: {},
          modules: { sensor: { settings: { image } } },
        },
      },
      $edgeHub: { "properties.desired": { schemaVersion: "1.1", routes: {} } },
      sensor: { "properties.desired": { interval: 5 } },
    });
    const applied = await registry.call("applyConfigurationContentOnDevice", "gateway", {
      modulesContent: modulesContent("one"),
    });
    expect(applied).toMatchObject({ status: 204 });
    const moduleTwin = (moduleId: string) =>
      bodyOf<{ configurations?: object; properties: { desired: object } }>(
        "getModuleTwin",
        "gateway",
        moduleId,
      );
    expect((await moduleTwin("sensor")).properties.desired).toMatchObject({ interval: 5 });
    await registry.call("addConfiguration", {
      id: "deployment",
      content: { modulesContent: modulesContent("two") },
      targetCondition: "*",
      priority: 1,
    });
    await expect
      .poll(() => moduleTwin("$edgeAgent"))
      .toMatchObject({
        configurations: { deployment: { status: "Applied" } },
        properties: { desired: { modules: { sensor: { settings: { image: "two" } } } } },
      });
  });
});
