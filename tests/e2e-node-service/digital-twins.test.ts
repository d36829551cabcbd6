import { HubClient, type TestServer, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { connectPlugAndPlayDevice } from "../support/plug-and-play-device.ts";
import { RegistryClient } from "../support/service-clients/registry-client.ts";

// The clients know no other ports than 443 and 8883.
const ADDRESS = "127.0.0.141";
const MODEL = "dtmi:com:example:TemperatureController;1";

const SHOWN = { sdk: "azure-iothub (Node)", transport: "HTTPS", feature: "digital twins" } as const;

const connectDevice = (hub: HubClient, deviceId: string) =>
  connectPlugAndPlayDevice(hub, { deviceId, modelId: MODEL });

describe("DigitalTwinClient of azure-iothub", () => {
  let server: TestServer;
  let service: RegistryClient;
  let hub: HubClient;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, mqttPort: 8883 },
    });
    hub = HubClient.fromConnection(server.connection, { address: ADDRESS });
    const { connection } = server;
    service = new RegistryClient({
      connectionString: connection.hubs[0]?.connectionStrings["service"] ?? "",
      caFile: connection.caFile,
    });
  });

  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const bodyOf = async (method: string, ...args: unknown[]) => {
    const outcome = await service.call(method, ...args);
    if ("error" in outcome) throw new Error(`${method}: ${outcome.message}`);
    return outcome.body as Record<string, unknown>;
  };

  test("reads what a device says of itself, its model first", cell(SHOWN), async () => {
    await using device = await connectDevice(hub, "reader");
    await device.report({
      serialNumber: "s1",
      thermostat1: { __t: "c", maxTemperature: 25.3 },
    });
    expect(await bodyOf("digitalTwins.get", "reader")).toMatchObject({
      $dtId: "reader",
      serialNumber: "s1",
      thermostat1: {
        maxTemperature: 25.3,
        $metadata: { maxTemperature: { lastUpdateTime: expect.any(String) as string } },
      },
      $metadata: { $model: MODEL },
    });
    // The plain twin has it too, also when the device is gone.
    expect(await bodyOf("getTwin", "reader")).toMatchObject({ modelId: MODEL });
  });

  test("writes properties, and hears how far the device is with them", cell(SHOWN), async () => {
    await using device = await connectDevice(hub, "writer");
    const heard: object[] = [];
    await device.listenForDesired("thermostat1", (delta) => heard.push(delta));
    await bodyOf("digitalTwins.update", "writer", [
      { op: "add", path: "/thermostat1", value: { targetTemperature: 21.5, $metadata: {} } },
    ]);
    await expect.poll(() => heard).toMatchObject([{ __t: "c", targetTemperature: 21.5 }]);
    expect(await bodyOf("digitalTwins.get", "writer")).toMatchObject({
      thermostat1: {
        $metadata: { targetTemperature: { desiredValue: 21.5, desiredVersion: 2 } },
      },
    });
    const acknowledged = { value: 21.5, ac: 200, av: 2, ad: "reached" };
    await device.report({ thermostat1: { __t: "c", targetTemperature: acknowledged } });
    expect(await bodyOf("digitalTwins.get", "writer")).toMatchObject({
      thermostat1: {
        targetTemperature: 21.5,
        $metadata: {
          targetTemperature: { ackCode: 200, ackVersion: 2, ackDescription: "reached" },
        },
      },
    });
  });

  test("invokes commands of a device and of its components", cell(SHOWN), async () => {
    await using device = await connectDevice(hub, "commanded");
    await device.answerCommands("reboot", "thermostat1*getReport");
    expect(await bodyOf("digitalTwins.invoke", "commanded", "reboot", 5)).toMatchObject({
      body: { asked: "reboot", with: 5 },
      xMsCommandStatuscode: 200,
    });
    const since = "2020-01-01T00:00:00Z";
    expect(
      await bodyOf("digitalTwins.invokeComponent", "commanded", "thermostat1", "getReport", since),
    ).toMatchObject({
      body: { asked: "thermostat1*getReport", with: since },
      xMsCommandStatuscode: 200,
    });
  });

  test("hears what is refused, and then nothing has changed", cell(SHOWN), async () => {
    await hub.createDevice("refusing");
    expect(await service.call("digitalTwins.get", "nobody")).toMatchObject({
      message: expect.stringContaining("404001") as string,
    });
    const operations = [{ op: "add", path: "/target", value: 1 }];
    const update = (etag: string) =>
      service.call("digitalTwins.update", "refusing", operations, etag);
    expect(await update('"another"')).toMatchObject({
      message: expect.stringContaining("412001") as string,
    });
    expect(await bodyOf("digitalTwins.get", "refusing")).toEqual({
      $dtId: "refusing",
      $metadata: { $model: "" },
    });
    expect(await update("*")).toMatchObject({ status: 200 });
    expect(await service.call("digitalTwins.invoke", "refusing", "reboot", 1)).toMatchObject({
      message: expect.stringContaining("404103") as string,
    });
  });
});
