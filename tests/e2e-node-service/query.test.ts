import {
  type HubClient,
  HubClient as Hub,
  type TestServer,
  startTestServer,
} from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { RegistryClient } from "../support/service-clients/registry-client.ts";

// The client knows no other port than 443.
const ADDRESS = "127.0.0.71";
const SHOWN = { sdk: "azure-iothub (Node)", transport: "HTTPS", feature: "queries" } as const;
const DEVICES = 25;

describe("Registry.createQuery of azure-iothub", () => {
  let server: TestServer;
  let hub: HubClient;
  let registry: RegistryClient;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, mqttPort: 0, amqpPort: 0 },
    });
    const { connection } = server;
    hub = Hub.fromConnection(connection, { address: ADDRESS });
    registry = new RegistryClient({
      connectionString: connection.hubs[0]?.connectionStrings["iothubowner"] ?? "",
      caFile: connection.caFile,
    });
    for (let index = 0; index < DEVICES; index++) {
      const deviceId = nameOf(index);
      await hub.createDevice(deviceId);
      const patch = { tags: { site: `s${index % 3}` }, properties: { desired: { n: index } } };
      await registry.call("updateTwin", deviceId, patch, "*");
    }
    await registry.call("addModule", { deviceId: "d-00", moduleId: "camera" });
  });

  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const run = async (kind: "raw" | "twins", text: string, pageSize?: number) => {
    const outcome = await registry.call(`query.${kind}`, text, pageSize);
    return "body" in outcome ? (outcome.body as Record<string, unknown>[][]) : outcome;
  };

  test("reads twins, page after page", cell(SHOWN), async () => {
    const pages = await run("twins", "SELECT * FROM devices", 10);
    expect(pages).toMatchObject([{ length: 10 }, { length: 10 }, { length: 5 }]);
    const twins = (pages as Record<string, unknown>[][]).flat();
    expect(twins.map(({ deviceId }) => deviceId)).toEqual(
      Array.from({ length: DEVICES }, (_, index) => nameOf(index)),
    );
    expect(twins[4]).toMatchObject({
      tags: { site: "s1" },
      properties: { desired: { n: 4, $version: 2 }, reported: { $version: 1 } },
    });
  });

  test("ends without an empty page when the last one is full", async () => {
    expect(await run("twins", "SELECT * FROM devices", 5)).toHaveLength(5);
    expect(await run("raw", "SELECT deviceId FROM devices WHERE false")).toEqual([[]]);
  });

  test.each([
    ["SELECT COUNT() AS n FROM devices WHERE tags.site = 's1'", [{ n: 8 }]],
    [
      "SELECT deviceId AS id, properties.desired.n FROM devices WHERE properties.desired.n > 22",
      [
        { id: "d-23", n: 23 },
        { id: "d-24", n: 24 },
      ],
    ],
    ["SELECT TOP 1 deviceId FROM devices WHERE tags.site IN ['s2']", [{ deviceId: "d-02" }]],
    [
      "SELECT deviceId, moduleId FROM devices.modules WHERE devices.deviceId = 'd-00'",
      [{ deviceId: "d-00", moduleId: "camera" }],
    ],
    [
      "SELECT tags.site, AVG(properties.desired.n) AS mean FROM devices GROUP BY tags.site",
      [
        { site: "s0", mean: 12 },
        { site: "s1", mean: 11.5 },
        { site: "s2", mean: 12.5 },
      ],
    ],
  ])("%s", async (text, rows) => {
    expect(await run("raw", text)).toEqual([rows]);
  });

  test("hears where a query is wrong", async () => {
    const outcome = await run("raw", "SELECT * FROM devices WHERE tags.site == 's1'");
    expect(outcome).toMatchObject({
      error: "ArgumentError",
      message: expect.stringContaining("line 1, column 40") as string,
    });
  });

  test("finds a change as soon as it is acknowledged", async () => {
    await registry.call("updateTwin", "d-07", { tags: { site: "moved" } }, "*");
    expect(await run("raw", "SELECT deviceId FROM devices WHERE tags.site = 'moved'")).toEqual([
      [{ deviceId: "d-07" }],
    ]);
    await registry.call("updateTwin", "d-07", { tags: { site: "s1" } }, "*");
  });
});

function nameOf(index: number): string {
  return `d-${String(index).padStart(2, "0")}`;
}
