import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import type { Feature, Transport } from "../grid/features.ts";
import { startNodeProgram } from "../support/programs/node.ts";
import type { Program } from "../support/programs/program.ts";
import { RegistryClient } from "../support/service-clients/registry-client.ts";

// The clients know no other ports than the standard ones.
const ADDRESS = "127.0.0.144";

const shows = (feature: Feature<"service">, transport: Transport = "HTTPS") =>
  cell({ sdk: "azure-iothub (Node)", transport, feature });

interface Created {
  readonly body: { readonly authentication: { readonly symmetricKey: { primaryKey: string } } };
}

describe("azure-iothub, with a device and its module connected", () => {
  let server: TestServer;
  let device: Program;
  let client: RegistryClient;

  const options = () => {
    const { caFile, hubs } = server.connection;
    return { connectionString: hubs[0]!.connectionStrings["iothubowner"]!, caFile };
  };

  beforeAll(async () => {
    const ports = { httpsPort: 443, mqttPort: 8883, amqpPort: 5671 };
    server = await startTestServer({ config: { bind: [ADDRESS], host: [ADDRESS], ...ports } });
    client = new RegistryClient(options());
    device = await startNodeProgram({ CA_FILE: server.connection.caFile });
    const lamp = await server.client().createDevice("lamp");
    await device.call("open", {
      name: "lamp",
      transport: "mqtt",
      connectionString: lamp.connectionString,
    });
    await device.call("answerMethods", { name: "lamp" });
    await device.call("listenForCommands", { name: "lamp" });
  });

  afterAll(async () => {
    await device?.[Symbol.asyncDispose]();
    await client?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test(
    "module identities are created, read, updated, listed and deleted",
    shows("module identities"),
    async () => {
      const module = { deviceId: "lamp", moduleId: "m1", managedBy: "app" };
      const created = await client.call("addModule", module);
      expect(created).toMatchObject({ status: 200, body: module });
      await client.call("addModule", { deviceId: "lamp", moduleId: "m2" });
      expect(await client.call("getModulesOnDevice", "lamp")).toMatchObject({
        body: [{ moduleId: "m1" }, { moduleId: "m2" }],
      });
      const { body } = created as unknown as { body: object };
      expect(await client.call("updateModule", { ...body, managedBy: "other" })).toMatchObject({
        body: { managedBy: "other" },
      });
      await client.call("removeModule", "lamp", "m2");
      expect(await client.call("getModule", "lamp", "m2")).toHaveProperty("error");
      expect(await client.call("getModule", "lamp", "m1")).toMatchObject({ status: 200 });
    },
  );

  test("twins are read and patched", shows("device twins"), async () => {
    const patch = { tags: { site: "north" }, properties: { desired: { interval: 5 } } };
    expect(await client.call("updateTwin", "lamp", patch, "*")).toMatchObject({ body: patch });
    expect(await client.call("getTwin", "lamp")).toMatchObject({
      body: { deviceId: "lamp", ...patch },
    });
    const outdated = await client.call("updateTwin", "lamp", patch, "AAAAAAAAAAA=");
    expect(outdated).toHaveProperty("error");
  });

  test("twins of modules are read and patched", shows("module twins"), async () => {
    const patch = { properties: { desired: { zoom: 1 } } };
    await client.call("updateModuleTwin", "lamp", "m1", patch, "*");
    expect(await client.call("getModuleTwin", "lamp", "m1")).toMatchObject({
      body: { deviceId: "lamp", moduleId: "m1", ...patch },
    });
  });

  test("methods are invoked on devices", shows("direct methods"), async () => {
    const invoke = (methodName: string) =>
      client.call("invokeDeviceMethod", "lamp", {
        methodName,
        payload: { n: 2 },
        connectTimeoutInSeconds: 60,
      });
    expect(await invoke("open")).toMatchObject({
      body: { status: 200, payload: { name: "open", payload: { n: 2 } } },
    });
    expect(await invoke("fail")).toMatchObject({ body: { status: 418 } });
    const unknown = { methodName: "open", responseTimeoutInSeconds: 5 };
    expect(await client.call("invokeDeviceMethod", "nobody", unknown)).toMatchObject({
      message: "Not found",
    });
  });

  test("methods are invoked on modules", shows("direct methods of modules"), async () => {
    const found = (await client.call("getModule", "lamp", "m1")) as unknown as Created;
    const { primaryKey } = found.body.authentication.symmetricKey;
    const connectionString = `HostName=${ADDRESS};DeviceId=lamp;ModuleId=m1;SharedAccessKey=${primaryKey}`;
    await device.call("open", { name: "m1", transport: "mqtt", connectionString });
    await device.call("answerMethods", { name: "m1" });
    const request = { methodName: "shoot", payload: 3, connectTimeoutInSeconds: 60 };
    expect(await client.call("invokeDeviceMethod", "lamp", "m1", request)).toMatchObject({
      body: { status: 200, payload: { name: "shoot", payload: 3 } },
    });
  });

  describe.each([
    ["AMQP", {}],
    ["AMQP over WebSockets", { transport: "websocket" }],
  ] as const)("over %s", (transport, by) => {
    let listener: RegistryClient;

    beforeAll(() => {
      listener = new RegistryClient({ ...options(), ...by });
    });

    // Receivers share one queue: the next one must not find this one still listening.
    afterAll(() => listener[Symbol.asyncDispose]());

    test(
      "commands are sent, and what became of them is heard",
      shows("commands and their feedback", transport),
      async () => {
        expect(await listener.call("open")).toMatchObject({ status: 200 });
        const command = { data: "hello", messageId: transport, ack: "full" };
        await listener.call("sendCommand", "lamp", command);
        expect(await device.call("nextCommand", { name: "lamp" })).toMatchObject({
          body: "hello",
          messageId: transport,
        });
        expect(await listener.call("feedback", 1)).toMatchObject({
          body: [{ originalMessageId: transport, deviceId: "lamp", statusCode: "Success" }],
        });
      },
    );

    test(
      "uploaded files are told of",
      shows("notifications of uploaded files", transport),
      async () => {
        const told = listener.call("fileNotification");
        const blobName = `${transport.replaceAll(" ", "-")}.txt`;
        await device.call("upload", { name: "lamp", blobName, text: "content" });
        expect(await told).toMatchObject({
          body: { deviceId: "lamp", blobName: `lamp/${blobName}`, blobSizeInBytes: 7 },
        });
      },
    );
  });
});
