import { HubClient, type TestServer, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ArmClient } from "../support/service-clients/arm-client.ts";
import { EventsReader } from "../support/events/events-reader.ts";
import { connectPlugAndPlayDevice } from "../support/plug-and-play-device.ts";
import { RegistryClient } from "../support/service-clients/registry-client.ts";
import { setRouting } from "../support/service-clients/set-routing.ts";

// The clients know no other ports than the standard ones.
const ADDRESS = "127.0.0.153";
const MODEL = "dtmi:com:example:TemperatureController;1";

describe("digital twins and jobs, routed with @azure/arm-iothub and read with @azure/event-hubs", () => {
  let server: TestServer;
  let service: RegistryClient;
  let hub: HubClient;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, amqpPort: 5671, mqttPort: 8883 },
    });
    const { connection } = server;
    hub = HubClient.fromConnection(connection, { address: ADDRESS });
    service = new RegistryClient({
      connectionString: connection.hubs[0]!.connectionStrings["iothubowner"]!,
      caFile: connection.caFile,
    });
    await using arm = new ArmClient(connection);
    await setRouting(arm, [
      {
        name: "twins",
        source: "DigitalTwinChangeEvents",
        condition: `$dt-dataschema = '${MODEL}'`,
      },
      {
        name: "jobs",
        source: "DeviceJobLifecycleEvents",
        condition: "opType <> 'deviceJobRunning'",
      },
    ]);
  });

  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  const call = async (method: string, ...args: unknown[]) => {
    const outcome = await service.call(method, ...args);
    if ("error" in outcome) throw new Error(`${method}: ${outcome.message}`);
    return outcome.body;
  };

  test("a reader follows a property from the wish to the device's answer, and a job", async () => {
    await using device = await connectPlugAndPlayDevice(hub, {
      deviceId: "controller",
      modelId: MODEL,
    });
    await device.report({ thermostat1: { __t: "c", maxTemperature: 25.3 } });
    await call("digitalTwins.update", "controller", [
      { op: "add", path: "/thermostat1/targetTemperature", value: 21.5 },
    ]);
    const acknowledged = { value: 21.5, ac: 200, av: 2, ad: "reached" };
    await device.report({ thermostat1: { __t: "c", targetTemperature: acknowledged } });
    const now = new Date().toISOString();
    const patch = { tags: { hall: 3 } };
    await call("jobs.scheduleTwinUpdate", "paint", "deviceId = 'controller'", patch, now, 60);

    await using reader = await EventsReader.start(server.connection);
    const [added, wanted, answered, done, ...others] = await reader.received(4);
    expect(others).toEqual([]);
    const ofTwin = {
      contentType: "application/json-patch+json",
      properties: {
        hubName: "local",
        deviceId: "controller",
        "iothub-message-schema": "digitalTwinChangeNotification",
        opType: "updateTwin",
      },
      systemProperties: {
        "iothub-connection-device-id": "controller",
        "iothub-message-source": "digitalTwinChangeEvents",
        "dt-dataschema": MODEL,
      },
    };
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string;
    expect(added).toMatchObject(ofTwin);
    expect(patchOf(added)).toEqual([
      {
        op: "add",
        path: "/thermostat1",
        value: { maxTemperature: 25.3, $metadata: { maxTemperature: { lastUpdateTime: time } } },
      },
    ]);
    const target = "/thermostat1/$metadata/targetTemperature";
    expect(wanted).toMatchObject(ofTwin);
    expect(patchOf(wanted)).toEqual([
      { op: "add", path: target, value: { desiredValue: 21.5, desiredVersion: 2 } },
    ]);
    expect(answered).toMatchObject(ofTwin);
    expect(patchOf(answered)).toEqual([
      { op: "add", path: `${target}/ackCode`, value: 200 },
      { op: "add", path: `${target}/ackDescription`, value: "reached" },
      { op: "add", path: `${target}/ackVersion`, value: 2 },
      { op: "add", path: `${target}/lastUpdateTime`, value: time },
      { op: "add", path: "/thermostat1/targetTemperature", value: 21.5 },
    ]);
    expect(done).toMatchObject({
      contentType: "application/json",
      properties: {
        deviceId: "controller",
        "iothub-message-schema": "deviceJobLifecycleNotification",
        opType: "deviceJobCompleted",
      },
      systemProperties: { "iothub-message-source": "deviceJobLifecycleEvents" },
      body: { jobId: "paint", jobType: "scheduleUpdateTwin", status: "completed" },
    });
  });
});

/** The SDK parses bodies that are JSON, whatever their type says. */
function patchOf(event: { readonly body: unknown } | undefined): unknown {
  return typeof event?.body === "string" ? JSON.parse(event.body) : event?.body;
}
