import { describe, expect, test } from "vitest";
import { settle } from "../fixtures/manual-clock.fixture.ts";
import type { TestHub } from "../fixtures/test-hub.fixture.ts";
import { createTestHub } from "../fixtures/test-hub.fixture.ts";
import { openTestSession, telemetrySource } from "../fixtures/test-session.fixture.ts";
import type { JobRequest } from "../jobs/job.ts";
import type { Message } from "../telemetry/message.ts";
import { messageProperties } from "../telemetry/message.ts";
import { CONNECTION_SNAPSHOT_INTERVAL_MS } from "./hub-events.ts";
import type { Route, RoutingSettings } from "./routing-settings.ts";
import { DEFAULT_ROUTING_SETTINGS } from "./routing-settings.ts";

describe("telemetry", () => {
  test("goes to the hub's events when there is no route", async () => {
    const { hub, events } = await routedHub({});
    await hub.telemetry.accept(telemetrySource("press"), [text("a"), text("b")]);
    expect(bodies(await events())).toEqual(["a", "b"]);
  });

  test("goes nowhere when there is no route and the fallback is off", async () => {
    const fallbackRoute = { ...DEFAULT_ROUTING_SETTINGS.fallbackRoute, isEnabled: false };
    const { hub, events } = await routedHub({ fallbackRoute });
    await hub.telemetry.accept(telemetrySource("press"), [text("a")]);
    expect(await events()).toEqual([]);
  });

  test("is taken by routes whose condition is true, and once, however many are", async () => {
    const fallbackRoute = { ...DEFAULT_ROUTING_SETTINGS.fallbackRoute, isEnabled: false };
    const { hub, events } = await routedHub({
      fallbackRoute,
      routes: [
        route({ condition: "kind = 'alarm'" }),
        route({ name: "b", condition: "level > '2'" }),
      ],
    });
    await hub.telemetry.accept(telemetrySource("press"), [
      text("both", { kind: "alarm", level: "3" }),
      text("none", { kind: "info" }),
      text("one", { level: "3" }),
    ]);
    expect(bodies(await events())).toEqual(["both", "one"]);
  });

  test("keeps its order when conditions look into twins", async () => {
    const fallbackRoute = { ...DEFAULT_ROUTING_SETTINGS.fallbackRoute, isEnabled: false };
    const { hub, events } = await routedHub({
      fallbackRoute,
      routes: [route({ condition: "$twin.tags.hall = '3'" })],
    });
    await hub.devices.create({ deviceId: "press" });
    await hub.twins.update({ deviceId: "press" }, { tags: { hall: "3" } }, "any");
    const source = telemetrySource("press");
    const sent = Array.from({ length: 20 }, (_, i) => hub.telemetry.accept(source, [text(`${i}`)]));
    await Promise.all(sent);
    expect(bodies(await events())).toEqual(sent.map((_, i) => `${i}`));
    await hub.telemetry.accept(telemetrySource("other"), [text("x")]);
    expect(await events()).toHaveLength(20);
  });

  test("follows routes from the moment they are changed", async () => {
    const { hub, events } = await routedHub({});
    await hub.configuration.change({
      routing: {
        ...DEFAULT_ROUTING_SETTINGS,
        fallbackRoute: { ...DEFAULT_ROUTING_SETTINGS.fallbackRoute, isEnabled: false },
      },
    });
    await hub.telemetry.accept(telemetrySource("press"), [text("a")]);
    expect(await events()).toEqual([]);
  });

  test("is enriched with texts, the hub's name and what twins hold", async () => {
    const { hub, events } = await routedHub({
      enrichments: [
        { key: "site", value: "north", endpointNames: ["events"] },
        { key: "hub", value: "$iothubname", endpointNames: ["events"] },
        { key: "hall", value: "$twin.tags.hall", endpointNames: ["events"] },
        { key: "gone", value: "$twin.tags.gone", endpointNames: ["events"] },
      ],
    });
    await hub.devices.create({ deviceId: "press" });
    await hub.twins.update({ deviceId: "press" }, { tags: { hall: 3 } }, "any");
    const message = text("a", { site: "south", own: "1" });
    await hub.telemetry.accept(telemetrySource("press"), [message]);
    await hub.twins.update({ deviceId: "press" }, { tags: { hall: 4 } }, "any");
    await hub.telemetry.accept(telemetrySource("press"), [message]);
    const stamped = (await events()).map((event) => event.application);
    expect(stamped[0]).toEqual({
      site: "north",
      own: "1",
      hub: "local",
      hall: "3",
      gone: "$twin.tags.gone",
    });
    expect(stamped[1]).toMatchObject({ hall: "4" });
  });
});

describe("what happens in the hub", () => {
  test("is not told of without a route that asks", async () => {
    const { hub, events } = await routedHub({});
    await hub.devices.create({ deviceId: "press" });
    await hub.twins.update({ deviceId: "press" }, { tags: { hall: 3 } }, "any");
    expect(await events()).toEqual([]);
  });

  test("twin changes carry what was changed", async () => {
    const condition = "twin_change_includes(tags.hall)";
    const { hub, events } = await routedHub({
      routes: [route({ source: "TwinChangeEvents", condition })],
    });
    await hub.devices.create({ deviceId: "press" });
    await hub.twins.update({ deviceId: "press" }, { tags: { hall: 3 } }, "any");
    await hub.twins.update({ deviceId: "press" }, { tags: { row: 1 } }, "any");
    const [event, ...others] = await events();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      source: "twinChangeEvents",
      deviceId: "press",
      system: { contentType: "application/json", contentEncoding: "utf-8", userId: "local" },
      application: {
        hubName: "local",
        deviceId: "press",
        opType: "updateTwin",
        "iothub-message-schema": "twinChangeNotification",
      },
    });
    expect(JSON.parse(event!.body)).toEqual({ version: 3, tags: { hall: 3 } });
  });

  test("identities are told of when they come and go, modules too", async () => {
    const { hub, events } = await routedHub({
      routes: [route({ source: "DeviceLifecycleEvents" })],
    });
    await hub.devices.create({ deviceId: "press" });
    await hub.modules.create({ deviceId: "press", moduleId: "camera" });
    await hub.devices.delete("press", "any");
    const told = (await events()).map(({ application, body }) => [
      application["opType"],
      application["moduleId"],
      (JSON.parse(body) as { deviceId: string }).deviceId,
    ]);
    expect(told).toEqual([
      ["createDeviceIdentity", undefined, "press"],
      ["createDeviceIdentity", "camera", "press"],
      ["deleteDeviceIdentity", undefined, "press"],
    ]);
  });

  test("connections are told of once they have settled", async () => {
    const { hub, clock, events } = await routedHub({
      routes: [route({ source: "DeviceConnectionStateEvents" })],
    });
    const connect = () => openTestSession(hub, { deviceId: "press" });
    const first = connect();
    first.end();
    const second = connect();
    await clock.advance(CONNECTION_SNAPSHOT_INTERVAL_MS);
    second.end();
    await clock.advance(CONNECTION_SNAPSHOT_INTERVAL_MS);
    // Came and went between two looks.
    connect().end();
    await clock.advance(CONNECTION_SNAPSHOT_INTERVAL_MS);
    const told = (await events()).map(({ application, body }) => ({
      operation: application["opType"],
      sequence: (JSON.parse(body) as { sequenceNumber: string }).sequenceNumber,
    }));
    expect(told.map(({ operation }) => operation)).toEqual([
      "deviceConnected",
      "deviceDisconnected",
    ]);
    expect(told.every(({ sequence }) => /^[0-9A-F]{64}$/.test(sequence))).toBe(true);
    expect(told[1]!.sequence > told[0]!.sequence).toBe(true);
  });
});

describe("digital twins", () => {
  const model = "dtmi:com:example:Thermostat;1";
  const routes = [
    route({ source: "DigitalTwinChangeEvents", condition: "$dt-dataschema <> 'none'" }),
  ];

  test("are told of as JSON patches, and stay as they are where others are enriched", async () => {
    const enrichments = [{ key: "site", value: "north", endpointNames: ["events"] }];
    const { hub, events } = await routedHub({ routes, enrichments });
    const key = { deviceId: "press" };
    await hub.devices.create(key);
    await hub.twins.announceModel(key, model);
    await hub.twins.update(key, { tags: { hall: 3 } }, "any");
    await hub.twins.update(key, { desired: { target: 21 } }, "any");
    const [event, ...others] = await events();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      source: "digitalTwinChangeEvents",
      deviceId: "press",
      system: {
        contentType: "application/json-patch+json",
        contentEncoding: "utf-8",
        userId: "local",
      },
    });
    expect(event!.application).toEqual({
      hubName: "local",
      deviceId: "press",
      operationTimestamp: expect.stringMatching(/^\d{4}-.*\.\d{7}Z$/) as string,
      "iothub-message-schema": "digitalTwinChangeNotification",
      opType: "updateTwin",
    });
    expect(JSON.parse(event!.body)).toEqual([
      {
        op: "add",
        path: "/$metadata/target",
        value: { desiredValue: 21, desiredVersion: 2 },
      },
    ]);
  });

  test("are those of devices with a model alone, of modules too", async () => {
    const { hub, events } = await routedHub({
      routes: [route({ source: "DigitalTwinChangeEvents", condition: "opType = 'updateTwin'" })],
    });
    const camera = { deviceId: "press", moduleId: "camera" };
    await hub.devices.create({ deviceId: "press" });
    await hub.modules.create(camera);
    await hub.twins.announceModel(camera, model);
    await hub.twins.patchReported({ deviceId: "press" }, { level: 1 });
    await hub.twins.patchReported(camera, { level: 2 });
    await hub.twins.replace(camera, { desired: { level: 3 } }, "any");
    const told = await events();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ application: { moduleId: "camera" } });
    expect(told[0]!.body).toContain('"value":2');
  });
});

describe("jobs", () => {
  const twinJob = (jobId: string): JobRequest => ({
    jobId,
    queryCondition: "*",
    task: { type: "scheduleUpdateTwin", patch: { tags: { hall: 3 } }, condition: "any" },
    told: {},
    startAtMs: undefined,
    executionTimeMaxMs: 60_000,
  });

  test("are told of for each device, as conditions select", async () => {
    const condition = "opType = 'deviceJobCompleted' AND $body.jobId = 'paint'";
    const { hub, events } = await routedHub({
      routes: [route({ source: "DeviceJobLifecycleEvents", condition })],
    });
    for (const deviceId of ["press", "saw"]) await hub.devices.create({ deviceId });
    await hub.jobs.schedule(twinJob("clean"));
    await settle();
    await hub.jobs.schedule(twinJob("paint"));
    await settle();
    const told = await events();
    expect(told.map(({ deviceId }) => deviceId).toSorted()).toEqual(["press", "saw"]);
    expect(told[0]).toMatchObject({
      source: "deviceJobLifecycleEvents",
      system: { contentType: "application/json", contentEncoding: "utf-8", userId: "local" },
      application: {
        hubName: "local",
        deviceId: told[0]!.deviceId,
        "iothub-message-schema": "deviceJobLifecycleNotification",
        opType: "deviceJobCompleted",
      },
    });
    expect(JSON.parse(told[0]!.body)).toMatchObject({
      deviceId: told[0]!.deviceId,
      jobId: "paint",
      jobType: "scheduleUpdateTwin",
      status: "completed",
    });
  });
});

describe("the fallback route", () => {
  test("takes telemetry that no route wants, and nothing of what happens in the hub", async () => {
    const { hub, events } = await routedHub({
      routes: [
        route({ condition: "kind = 'alarm'" }),
        route({ name: "b", source: "DigitalTwinChangeEvents", condition: "opType = 'none'" }),
        route({ name: "c", source: "DeviceJobLifecycleEvents", condition: "opType = 'none'" }),
      ],
    });
    const key = { deviceId: "press" };
    await hub.devices.create(key);
    await hub.twins.announceModel(key, "dtmi:com:example:Thermostat;1");
    await hub.twins.patchReported(key, { level: 1 });
    await hub.telemetry.accept(telemetrySource("press"), [
      text("rest"),
      text("hot", { kind: "alarm" }),
    ]);
    expect(bodies(await events())).toEqual(["rest", "hot"]);
  });
});

describe("routes that could not work", () => {
  test.each([
    ["a condition that does not compile", route({ condition: "level > 2" }), /line 1, column 1/],
    ["an endpoint nobody knows", route({ endpointNames: ["nowhere"] }), /unknown endpoint/],
    ["two endpoints", route({ endpointNames: ["events", "events"] }), /exactly one/],
    [
      "a question about twin changes to what is none",
      route({ source: "DigitalTwinChangeEvents", condition: "twin_change_includes(tags.a)" }),
      /twin changes/,
    ],
  ])("are not stored: %s", async (_, bad, message) => {
    const { hub } = await routedHub({});
    const routing = { ...DEFAULT_ROUTING_SETTINGS, routes: [bad] };
    await expect(hub.configuration.change({ routing })).rejects.toThrow(message);
    expect(hub.settings.routing).toEqual(DEFAULT_ROUTING_SETTINGS);
  });
});

interface EventLine {
  readonly source: string;
  readonly deviceId: string;
  readonly system: Record<string, string>;
  readonly application: Record<string, string>;
  readonly body: string;
}

async function routedHub(
  routing: Partial<RoutingSettings>,
): Promise<TestHub & { events: () => Promise<readonly EventLine[]> }> {
  const test = createTestHub();
  await test.hub.configuration.change({ routing: { ...DEFAULT_ROUTING_SETTINGS, ...routing } });
  return {
    ...test,
    async events() {
      // What nobody waits for is on its way.
      await new Promise((resolve) => setImmediate(resolve));
      const lines: EventLine[] = [];
      for (let partition = 0; partition < test.eventLog.partitionCount; partition++) {
        const batches = await test.eventLog.read(partition, 0, { bytesMax: 1_000_000 });
        for (const { records } of batches) {
          for (const line of Buffer.from(records).toString().trim().split("\n")) {
            lines.push(JSON.parse(line) as EventLine);
          }
        }
      }
      return lines;
    },
  };
}

function text(body: string, application: Record<string, string> = {}): Message {
  const properties = messageProperties({}, new Map(Object.entries(application)));
  return { properties, body: Buffer.from(body) };
}

function route(overrides: Partial<Route>): Route {
  return {
    name: "a",
    source: "DeviceMessages",
    condition: "true",
    endpointNames: ["events"],
    isEnabled: true,
    ...overrides,
  };
}

function bodies(events: readonly EventLine[]): readonly string[] {
  return events.map(({ body }) => body);
}
