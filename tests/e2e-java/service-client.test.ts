import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import type { Feature, Transport } from "../grid/features.ts";
import { FileClient } from "../support/service-clients/file-client.ts";
import { hasJava, startJavaProgram } from "../support/programs/java.ts";
import { PREPARE_MS_MAX } from "../support/programs/prepare.ts";
import type { Program } from "../support/programs/program.ts";

const ADDRESS = "127.0.0.98";
const KEY = Buffer.alloc(32, 7).toString("base64");
const OTHER_KEY = Buffer.alloc(32, 8).toString("base64");
const MODULE = { deviceId: "lamp", moduleId: "m1" };

const shows = (feature: Feature<"service">, transport: Transport = "HTTPS") =>
  cell({ sdk: "iot-service-client (Java)", transport, feature });

describe.skipIf(!hasJava())("iot-service-client (Java)", () => {
  let server: TestServer;
  let program: Program;
  let files: FileClient;

  beforeAll(async () => {
    const ports = { httpsPort: 443, mqttPort: 8883, amqpPort: 5671 };
    server = await startTestServer({ config: { bind: [ADDRESS], host: [ADDRESS], ...ports } });
    const { caFile, hubs } = server.connection;
    program = await startJavaProgram({
      CA_FILE: caFile,
      CONNECTION_STRING: hubs[0]!.connectionStrings["iothubowner"]!,
    });
    files = new FileClient({ caFile });
    const { connectionString } = await server.client().createDevice("lamp");
    await call("open", { name: "lamp", transport: "mqtt", connectionString });
    await call("answerMethods", { name: "lamp" });
    await call("listenForDesired", { name: "lamp" });
  }, PREPARE_MS_MAX);

  afterAll(async () => {
    await Promise.allSettled([program?.[Symbol.asyncDispose](), files?.[Symbol.asyncDispose]()]);
    await server?.[Symbol.asyncDispose]();
  });

  const call = (name: string, args: Readonly<Record<string, unknown>> = {}) =>
    program.call(name, args);
  const refused = (name: string, args: object, error: string) =>
    expect(program.call(name, { ...args })).rejects.toThrow(error);

  test(
    "device identities are created, read, updated and deleted",
    shows("device identities"),
    async () => {
      const keys = { primaryKey: KEY, secondaryKey: OTHER_KEY };
      const d1 = { deviceId: "d1", ...keys };
      expect(await call("addDevice", d1)).toMatchObject({ ...d1, status: "enabled" });
      const disabled = { deviceId: "d1", status: "disabled" };
      expect(await call("updateDevice", disabled)).toMatchObject(disabled);
      expect(await call("getDevice", { deviceId: "d1" })).toMatchObject({ ...disabled, ...keys });
      const thumbprint = "A".repeat(40);
      const own = { deviceId: "d2", thumbprint };
      expect(await call("addDevice", { ...own, authentication: "SELF_SIGNED" })).toMatchObject(own);
      const signed = { deviceId: "d3", authentication: "CERTIFICATE_AUTHORITY" };
      expect(await call("addDevice", signed)).toMatchObject({
        deviceId: "d3",
        authentication: "certificateAuthority",
      });
      const changed = { deviceId: "d2", afterChange: true, status: "disabled" };
      await refused("removeDevice", changed, "IotHubPreconditionFailedException");
      await call("removeDevice", { deviceId: "d2" });
      await refused("getDevice", { deviceId: "d2" }, "IotHubNotFoundException");
      await refused("addDevice", d1, "IotHubConflictException");
    },
  );

  test(
    "module identities are created, read, updated, listed and deleted",
    shows("module identities"),
    async () => {
      const created = { ...MODULE, primaryKey: KEY, secondaryKey: OTHER_KEY };
      expect(await call("addModule", created)).toMatchObject(created);
      const turned = { ...MODULE, primaryKey: OTHER_KEY, secondaryKey: KEY };
      expect(await call("updateModule", turned)).toMatchObject(turned);
      expect(await call("getModule", MODULE)).toMatchObject(turned);
      const m2 = { ...MODULE, moduleId: "m2" };
      await call("addModule", m2);
      expect(await call("listModules", { deviceId: "lamp" })).toHaveLength(2);
      await call("removeModule", m2);
      await refused("getModule", m2, "IotHubNotFoundException");
    },
  );

  test("identities are counted", shows("statistics"), async () => {
    // The SDK looks for the enabled ones under a name that neither Azure nor this server sends.
    expect(await call("statistics")).toMatchObject({ total: 3, disabled: 1 });
  });

  test("twins are read, patched and replaced", shows("device twins"), async () => {
    const deviceId = "lamp";
    const patch = { tags: { site: "north" }, desired: { interval: 5, old: 1 } };
    expect(await call("patchTwin", { deviceId, ...patch })).toMatchObject(patch);
    const replacement = { tags: { floor: 2 }, desired: { interval: 6 } };
    expect(await call("replaceTwin", { deviceId, ...replacement })).toMatchObject(replacement);
    await call("report", { name: "lamp", patch: { interval: 6 } });
    const twin = (await call("getTwin", { deviceId })) as { tags: object; desired: object };
    expect(twin).toMatchObject({
      deviceId,
      connectionState: "CONNECTED",
      desired: { interval: 6, $version: 3 },
      reported: { interval: 6, $version: 2 },
    });
    expect(twin.tags).toEqual({ floor: 2 });
    expect(twin.desired).not.toHaveProperty("old");
    const tooLate = { deviceId, tags: { floor: 3 }, etag: "AAAAAAAAAAA=" };
    await refused("patchTwin", tooLate, "IotHubPreconditionFailedException");
    await refused("getTwin", { deviceId: "nobody" }, "IotHubNotFoundException");
  });

  test("twins of modules are read, patched and replaced", shows("module twins"), async () => {
    await call("patchTwin", { ...MODULE, desired: { zoom: 1 } });
    await call("replaceTwin", { ...MODULE, desired: { pan: 1 } });
    const twin = (await call("getTwin", MODULE)) as { desired: object };
    expect(twin).toMatchObject({ ...MODULE, desired: { pan: 1 } });
    expect(twin.desired).not.toHaveProperty("zoom");
  });

  test("methods are invoked on devices", shows("direct methods"), async () => {
    const request = { deviceId: "lamp", methodName: "blink", payload: { n: 2 } };
    expect(await call("invoke", request)).toEqual({
      status: 200,
      payload: { name: "blink", payload: { n: 2 } },
    });
    await refused("invoke", { ...request, deviceId: "d3" }, "IotHubNotFoundException");
  });

  test("methods are invoked on modules", shows("direct methods of modules"), async () => {
    const connectionString = `HostName=${ADDRESS};DeviceId=lamp;ModuleId=m1;SharedAccessKey=${OTHER_KEY}`;
    await call("open", { name: "m1", transport: "mqtt", connectionString });
    await call("answerMethods", { name: "m1" });
    expect(await call("invoke", { ...MODULE, methodName: "zoom", payload: "in" })).toEqual({
      status: 200,
      payload: { name: "zoom", payload: "in" },
    });
  });

  test("queries find twins and rows, page by page", shows("queries"), async () => {
    const all = { text: "SELECT * FROM devices", pageSize: 2 };
    const found = (await call("queryTwins", all)) as { deviceId: string }[];
    expect(found.map(({ deviceId }) => deviceId).toSorted()).toEqual(["d1", "d3", "lamp"]);
    const rows = { text: "SELECT deviceId AS id, status FROM devices", pageSize: 2 };
    const ids = (await call("queryRaw", rows)) as { id: string }[];
    expect(ids.map(({ id }) => id).toSorted()).toEqual(["d1", "d3", "lamp"]);
    await refused(
      "queryTwins",
      { ...all, text: "SELECT * FROM devices WHERE ((" },
      "IotHubBadFormatException",
    );
  });

  test("jobs change twins and invoke methods", shows("jobs"), async () => {
    const condition = "deviceId = 'lamp'";
    const change = { jobId: "j1", condition, tags: { by: "job" }, desired: { mode: "eco" } };
    expect(await call("scheduleTwin", change)).toMatchObject({
      jobId: "j1",
      type: "scheduleUpdateTwin",
    });
    const job = (jobId: string) => () => call("getJob", { jobId });
    const done = { status: "completed", succeeded: 1 };
    await expect.poll(job("j1")).toMatchObject(done);
    expect(await call("getTwin", { deviceId: "lamp" })).toMatchObject({
      tags: { by: "job", floor: 2 },
      desired: { mode: "eco" },
    });
    await call("scheduleMethod", { jobId: "j2", condition, methodName: "blink", payload: "on" });
    await expect.poll(job("j2")).toMatchObject(done);
    const later = { jobId: "j3", condition, methodName: "blink", payload: 1, laterMs: 3_600_000 };
    await call("scheduleMethod", later);
    await call("cancelJob", { jobId: "j3" });
    expect(await call("getJob", { jobId: "j3" })).toMatchObject({ status: "cancelled" });
    // Not those of methods: once a device has answered, the SDK looks for the answer where none is.
    const text = "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j1'";
    expect(await call("queryJobs", { text })).toMatchObject([
      { jobId: "j1", deviceId: "lamp", type: "scheduleUpdateTwin", status: "completed" },
    ]);
  });

  test(
    "configurations are created, updated, applied and deleted",
    shows("configurations"),
    async () => {
      const configuration = {
        id: "c1",
        deviceContent: { "properties.desired.light": "dim" },
        targetCondition: "deviceId = 'lamp'",
        priority: 10,
      };
      const made = { ...configuration, labels: { made: "here" } };
      expect(await call("createConfiguration", configuration)).toMatchObject(made);
      await expect
        .poll(() => call("getTwin", { deviceId: "lamp" }))
        .toMatchObject({ desired: { light: "dim" } });
      await call("setPriority", { id: "c1", priority: 20 });
      expect(await call("getConfiguration", { id: "c1" })).toMatchObject({ ...made, priority: 20 });
      expect(await call("listConfigurations", { max: 5 })).toHaveLength(1);
      await call("deleteConfiguration", { id: "c1" });
      await refused("getConfiguration", { id: "c1" }, "IotHubNotFoundException");
    },
  );

  test("digital twins are read, written and commanded", shows("digital twins"), async () => {
    const deviceId = "lamp";
    const thermostat = { targetTemperature: 21.5, $metadata: {} };
    await call("updateDigitalTwin", { deviceId, path: "/thermostat", component: thermostat });
    await call("updateDigitalTwin", { deviceId, path: "/brightness", value: 7 });
    const patch = { serialNumber: "s1", thermostat: { __t: "c", maxTemperature: 25.3 } };
    await call("report", { name: "lamp", patch });
    expect(await call("getDigitalTwin", { deviceId })).toMatchObject({
      $dtId: "lamp",
      serialNumber: "s1",
      thermostat: {
        maxTemperature: 25.3,
        $metadata: { targetTemperature: { desiredValue: 21.5 } },
      },
      $metadata: { brightness: { desiredValue: 7 } },
    });
    expect(
      await call("invokeCommand", { deviceId, command: "reboot", payload: { n: 1 } }),
    ).toMatchObject({ status: 200, payload: { name: "reboot", payload: { n: 1 } } });
    const report = { deviceId, component: "thermostat", command: "getReport", payload: { n: 2 } };
    expect(await call("invokeCommand", report)).toMatchObject({
      status: 200,
      payload: { name: "thermostat*getReport" },
    });
  });

  test(
    "identities are written to a container, and taken back from it",
    shows("import and export of identities"),
    async () => {
      const place = server.connection.hubs[0]!.files;
      const container = await files.call("signContainerUrl", place);
      const over = async (begun: unknown) => {
        const { jobId } = begun as { jobId: string };
        const job = () => call("getImportOrExport", { jobId });
        await expect.poll(job).toMatchObject({ status: "COMPLETED" });
      };
      const begun = await call("exportDevices", { container, excludeKeys: false });
      expect(begun).toMatchObject({ type: "EXPORT" });
      await over(begun);
      await call("removeDevice", { deviceId: "d1" });
      await over(await call("importDevices", { container, logContainer: container }));
      expect(await call("getDevice", { deviceId: "d1" })).toMatchObject({
        status: "disabled",
        primaryKey: KEY,
      });
    },
  );

  describe.each([
    ["amqp", "AMQP"],
    ["amqp-ws", "AMQP over WebSockets"],
  ] as const)("over %s", (transport, column) => {
    test(
      "commands are sent, and their feedback is received",
      shows("commands and their feedback", column),
      async () => {
        if (transport === "amqp") await call("listenForCommands", { name: "lamp" });
        const message = {
          body: "hello",
          messageId: `${transport}-1`,
          correlationId: `${transport}-2`,
          properties: { mood: "calm" },
        };
        await call("sendCommand", { transport, deviceId: "lamp", ...message });
        expect(await call("nextCommand", { name: "lamp" })).toMatchObject(message);
        expect(await call("nextFeedback", { transport })).toEqual({
          deviceId: "lamp",
          messageId: message.messageId,
          status: "Success",
        });
        const refusal = { transport, deviceId: "nobody", ...message };
        await refused("sendCommand", refusal, "IotHubNotFoundException");
      },
    );

    test(
      "uploaded files are told of",
      shows("notifications of uploaded files", column),
      async () => {
        const blobName = `${transport}.txt`;
        await call("upload", { name: "lamp", blobName, text: "six by six" });
        expect(await call("nextUpload", { transport })).toMatchObject({
          deviceId: "lamp",
          blobName: `lamp/${blobName}`,
          sizeInBytes: 10,
        });
      },
    );
  });
});
