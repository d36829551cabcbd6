import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ArmClient } from "../support/service-clients/arm-client.ts";
import { EventsReader } from "../support/events/events-reader.ts";
import { RegistryClient } from "../support/service-clients/registry-client.ts";
import { setRouting } from "../support/service-clients/set-routing.ts";

// The clients know no other ports than the standard ones.
const ADDRESS = "127.0.0.122";

describe("routes, set with @azure/arm-iothub and read with @azure/event-hubs", () => {
  let server: TestServer;
  let arm: ArmClient;
  let registry: RegistryClient;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, amqpPort: 5671, mqttPort: 8883 },
    });
    arm = new ArmClient(server.connection);
    registry = new RegistryClient({
      connectionString: server.connection.hubs[0]!.connectionStrings["iothubowner"]!,
      caFile: server.connection.caFile,
    });
    await setRouting(
      arm,
      [
        {
          name: "alarms",
          source: "DeviceMessages",
          condition: "kind = 'alarm' AND $twin.tags.hall = 3",
        },
        { name: "twins", source: "TwinChangeEvents", condition: "is_defined($body.tags.hall)" },
        { name: "life", source: "DeviceLifecycleEvents", condition: "true" },
      ],
      {
        fallbackRoute: {
          name: "$fallback",
          source: "DeviceMessages",
          condition: "true",
          endpointNames: ["events"],
          isEnabled: false,
        },
        enrichments: [{ key: "hall", value: "$twin.tags.hall", endpointNames: ["events"] }],
      },
    );
  });

  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]();
    await arm?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test("twin changes and identities are read beside the telemetry that routes select", async () => {
    const created = await registry.call("create", { deviceId: "press" });
    const { primaryKey } = (created as { body: DeviceJson }).body.authentication.symmetricKey;
    await registry.call("updateTwin", "press", { tags: { hall: 3 } }, "*");
    await registry.call("updateTwin", "press", { tags: { row: 1 } }, "*");
    const device = `HostName=${ADDRESS};DeviceId=press;SharedAccessKey=${primaryKey}`;
    await arm.call("sendTelemetry", device, "kept", { kind: "alarm" });
    await arm.call("sendTelemetry", device, "dropped", { kind: "info" });
    await arm.call("sendTelemetry", device, "last", { kind: "alarm" });
    await registry.call("delete", "press");

    await using reader = await EventsReader.start(server.connection);
    const events = await reader.received(5);
    expect(
      events.map(({ properties, systemProperties, body }) => ({
        source: systemProperties["iothub-message-source"],
        what: properties["opType"] ?? String(body),
        hall: properties["hall"],
      })),
    ).toEqual([
      { source: "deviceLifecycleEvents", what: "createDeviceIdentity", hall: "$twin.tags.hall" },
      { source: "twinChangeEvents", what: "updateTwin", hall: "3" },
      { source: "Telemetry", what: "kept", hall: "3" },
      { source: "Telemetry", what: "last", hall: "3" },
      { source: "deviceLifecycleEvents", what: "deleteDeviceIdentity", hall: "$twin.tags.hall" },
    ]);
    expect(events[1]).toMatchObject({
      body: { version: 3, tags: { hall: 3 } },
      contentType: "application/json",
      properties: {
        hubName: "local",
        deviceId: "press",
        "iothub-message-schema": "twinChangeNotification",
      },
      systemProperties: { "iothub-connection-device-id": "press" },
    });
  });
});

interface DeviceJson {
  readonly authentication: { readonly symmetricKey: { readonly primaryKey: string } };
}
