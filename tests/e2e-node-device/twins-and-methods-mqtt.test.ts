import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { DeviceMethodRequest, DeviceMethodResponse, Twin } from "azure-iot-device";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ServerProcess } from "@larimar/testkit";
import type { MqttDevice } from "../support/mqtt-device.ts";
import { connectMqttDevice } from "../support/mqtt-device.ts";
import { RegistryClient } from "../support/service-clients/registry-client.ts";

describe("azure-iot-device over MQTT with azure-iothub at the other end", () => {
  let directory: string;
  let server: ServerProcess;
  let service: RegistryClient;
  let device: MqttDevice;
  let twin: Twin;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "larimar-test-"));
    const address = "127.0.0.23";
    server = await ServerProcess.start({
      dataDirectory: directory,
      address,
      usesStandardPorts: true,
    });
    service = new RegistryClient({
      connectionString: server.connection.hubs[0]!.connectionStrings["iothubowner"]!,
      caFile: server.connection.caFile,
    });
    device = await connectMqttDevice(server.client(), "thermostat");
    twin = await device.client.getTwin();
  });

  afterAll(async () => {
    // Whatever part of the preparations failed, nothing of it stays behind.
    await Promise.allSettled([device?.[Symbol.asyncDispose](), service?.[Symbol.asyncDispose]()]);
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const report = (patch: object) => {
    // The SDK's types leave the properties open.
    const { reported } = twin.properties as unknown as {
      reported: { update(patch: object, done: (error?: Error) => void): void };
    };
    return new Promise<void>((resolve, reject) => {
      reported.update(patch, (error) => (error ? reject(error) : resolve()));
    });
  };

  test("a back end sees what the device reports", async () => {
    await report({ fan: "on", limits: { low: 1 } });
    await report({ limits: { low: null, high: 9 } });
    const answer = await service.call("getTwin", "thermostat");
    expect(answer).toMatchObject({
      status: 200,
      body: { properties: { reported: { fan: "on", limits: { high: 9 }, $version: 3 } } },
    });
  });

  test("the device hears what a back end desires", async () => {
    const heard: number[] = [];
    twin.on("properties.desired.target", (value: number) => heard.push(value));
    // The SDK subscribes when the first listener comes, and tells nobody when that is done.
    for (let target = 1; heard.length === 0; target++) {
      const patch = { properties: { desired: { target } }, tags: { site: "A" } };
      const answer = await service.call("updateTwin", "thermostat", patch, "*");
      const version = target + 1;
      expect(answer).toMatchObject({
        status: 200,
        body: { tags: { site: "A" }, properties: { desired: { target, $version: version } } },
      });
    }
    const last = { properties: { desired: { target: 1000 } } };
    await service.call("updateTwin", "thermostat", last, "*");
    await expect.poll(() => heard.at(-1)).toBe(1000);
    expect(twin.properties.desired["target"]).toBe(1000);
  });

  test("a stale etag changes nothing", async () => {
    const outcome = await service.call(
      "updateTwin",
      "thermostat",
      { tags: { site: "B" } },
      "AAAA=",
    );
    expect(outcome).toMatchObject({ error: "InvalidEtagError" });
    expect(await service.call("getTwin", "thermostat")).toMatchObject({
      body: { tags: { site: "A" } },
    });
  });

  test("a method is asked and answered", async () => {
    device.client.onDeviceMethod(
      "echo",
      (request: DeviceMethodRequest, response: DeviceMethodResponse) => {
        void response.send(201, { heard: request.payload as unknown });
      },
    );
    // The SDK subscribes when the first handler is set, and tells nobody when that is done.
    const parameters = { methodName: "echo", payload: { n: 5 }, connectTimeoutInSeconds: 60 };
    expect(await service.call("invokeDeviceMethod", "thermostat", parameters)).toMatchObject({
      status: 200,
      body: { status: 201, payload: { heard: { n: 5 } } },
    });
  });

  test("methods, twins and desired properties go on after the connection was lost", async () => {
    await server.stop();
    await server.start();
    const parameters = { methodName: "echo", payload: 1, connectTimeoutInSeconds: 60 };
    expect(await service.call("invokeDeviceMethod", "thermostat", parameters)).toMatchObject({
      body: { status: 201, payload: { heard: 1 } },
    });
    let again: unknown;
    twin.on("properties.desired.again", (value: unknown) => (again = value));
    await service.call("updateTwin", "thermostat", { properties: { desired: { again: 1 } } }, "*");
    await expect.poll(() => again).toBe(1);
    await report({ back: true });
  });

  test("a method of an unknown or absent device fails with its own error", async () => {
    const parameters = { methodName: "echo", responseTimeoutInSeconds: 5 };
    await server.client().createDevice("absent");
    expect(await service.call("invokeDeviceMethod", "absent", parameters)).toMatchObject({
      error: expect.stringContaining("Error") as string,
    });
    const answer = await server.client().call({
      method: "POST",
      path: "/twins/absent/methods",
      body: parameters,
    });
    expect(answer.status).toBe(404);
    expect(JSON.stringify(answer.body)).toContain("404103");
  });
});
