import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import type { Feature, Transport } from "../grid/features.ts";
import { FileClient } from "../support/service-clients/file-client.ts";
import { PREPARE_MS_MAX } from "../support/programs/prepare.ts";
import type { Program } from "../support/programs/program.ts";
import { hasPython, startPythonProgram } from "../support/programs/python.ts";

const ADDRESS = "127.0.0.94";
const KEY = Buffer.alloc(32, 7).toString("base64");
const OTHER_KEY = Buffer.alloc(32, 8).toString("base64");

const methodOf = (of: object) => ({ model: "CloudToDeviceMethod", of });
const transferOf = (of: object) => ({ model: "JobProperties", of });
const configurationOf = (of: object) => ({ model: "Configuration", of });

const shows = (feature: Feature<"service">, transport: Transport = "HTTPS") =>
  cell({ sdk: "azure-iot-hub (Python)", transport, feature });

describe.skipIf(!hasPython())("azure-iot-hub (Python)", () => {
  let server: TestServer;
  let program: Program;
  let device: Program;
  let files: FileClient;

  beforeAll(async () => {
    const ports = { httpsPort: 443, mqttPort: 8883, amqpPort: 5671 };
    server = await startTestServer({ config: { bind: [ADDRESS], host: [ADDRESS], ...ports } });
    const { caFile, hubs } = server.connection;
    program = await startPythonProgram("service_program.py", {
      REQUESTS_CA_BUNDLE: caFile,
      CONNECTION_STRING: hubs[0]!.connectionStrings["iothubowner"]!,
    });
    device = await startPythonProgram("device_program.py", { CA_FILE: caFile });
    files = new FileClient({ caFile });
    const { connectionString } = await server.client().createDevice("lamp");
    await device.call("open", { name: "lamp", transport: "mqtt", connectionString });
  }, PREPARE_MS_MAX);

  afterAll(async () => {
    await Promise.allSettled([
      program?.[Symbol.asyncDispose](),
      device?.[Symbol.asyncDispose](),
      files?.[Symbol.asyncDispose](),
    ]);
    await server?.[Symbol.asyncDispose]();
  });

  const manager =
    (name: string) =>
    (method: string, ...args: readonly unknown[]) =>
      program.call("call", { manager: name, method, args });
  const registry = manager("registry");

  test(
    "device identities are created, read, updated, listed and deleted",
    shows("device identities"),
    async () => {
      const created = await registry("create_device_with_sas", "d1", KEY, OTHER_KEY, "enabled");
      expect(created).toMatchObject({
        deviceId: "d1",
        status: "enabled",
        authentication: { symmetricKey: { primaryKey: KEY, secondaryKey: OTHER_KEY } },
      });
      const { etag } = created as { etag: string };
      expect(
        await registry("update_device_with_sas", "d1", etag, KEY, OTHER_KEY, "disabled"),
      ).toMatchObject({ status: "disabled" });
      expect(
        await registry("update_device_with_sas", "d1", etag, KEY, OTHER_KEY, "enabled"),
      ).toEqual({ refused: 412 });
      const thumbprint = "A".repeat(40);
      expect(
        await registry("create_device_with_x509", "d2", thumbprint, thumbprint, "enabled"),
      ).toMatchObject({ authentication: { x509Thumbprint: { primaryThumbprint: thumbprint } } });
      expect(
        await registry("create_device_with_certificate_authority", "d3", "enabled"),
      ).toMatchObject({ authentication: { type: "certificateAuthority" } });
      expect(await registry("get_device", "d1")).toMatchObject({ status: "disabled" });
      expect(await registry("get_devices")).toHaveLength(4);
      await registry("delete_device", "d2");
      expect(await registry("get_device", "d2")).toEqual({ refused: 404 });
      expect(await registry("create_device_with_sas", "d1", KEY, KEY, "enabled")).toEqual({
        refused: 409,
      });
    },
  );

  test(
    "module identities are created, read, updated, listed and deleted",
    shows("module identities"),
    async () => {
      const created = await registry("create_module_with_sas", "lamp", "m1", "app", KEY, OTHER_KEY);
      expect(created).toMatchObject({ deviceId: "lamp", moduleId: "m1", managedBy: "app" });
      const { etag } = created as { etag: string };
      expect(
        await registry(
          "update_module_with_sas",
          ...["lamp", "m1", "other", etag],
          ...[OTHER_KEY, KEY],
        ),
      ).toMatchObject({ managedBy: "other" });
      await registry("create_module_with_certificate_authority", "lamp", "m2", "");
      expect(await registry("get_modules", "lamp")).toHaveLength(2);
      expect(await registry("get_module", "lamp", "m1")).toMatchObject({
        authentication: { symmetricKey: { primaryKey: OTHER_KEY } },
      });
      await registry("delete_module", "lamp", "m2");
      expect(await registry("get_module", "lamp", "m2")).toEqual({ refused: 404 });
    },
  );

  test("identities are created in bulk", shows("identities in bulk"), async () => {
    const symmetricKey = { primaryKey: KEY, secondaryKey: KEY };
    const devices = ["b1", "b2", "lamp"].map((id) => ({
      id,
      importMode: "create",
      authentication: { type: "sas", symmetricKey },
    }));
    expect(await registry("bulk_create_or_update_devices", devices.slice(0, 2))).toMatchObject({
      isSuccessful: true,
    });
    expect(await registry("get_device", "b2")).toMatchObject({ deviceId: "b2" });
  });

  test("identities are counted", shows("statistics"), async () => {
    expect(await registry("get_device_registry_statistics")).toMatchObject({
      totalDeviceCount: 5,
      disabledDeviceCount: 1,
    });
    expect(await registry("get_service_statistics")).toMatchObject({ connectedDeviceCount: 1 });
  });

  test("twins are read, patched and replaced", shows("device twins"), async () => {
    const patch = { tags: { site: "north" }, properties: { desired: { interval: 5, old: 1 } } };
    expect(await registry("update_twin", "lamp", patch)).toMatchObject({
      tags: { site: "north" },
      properties: { desired: { interval: 5, old: 1 } },
    });
    const replacement = { tags: { floor: 2 }, properties: { desired: { interval: 6 } } };
    await registry("replace_twin", "lamp", replacement, "*");
    const twin = (await registry("get_twin", "lamp")) as {
      etag: string;
      tags: object;
      properties: { desired: object };
    };
    expect(twin.tags).toEqual({ floor: 2 });
    expect(twin.properties.desired).toMatchObject({ interval: 6 });
    expect(twin.properties.desired).not.toHaveProperty("old");
    expect(await registry("update_twin", "lamp", { tags: {} }, "AAAAAAAAAAA=")).toEqual({
      refused: 412,
    });
    expect(await registry("get_twin", "nobody")).toEqual({ refused: 404 });
  });

  test("twins of modules are read, patched and replaced", shows("module twins"), async () => {
    const patch = { properties: { desired: { zoom: 1 } } };
    expect(await registry("update_module_twin", "lamp", "m1", patch)).toMatchObject({
      moduleId: "m1",
      properties: { desired: { zoom: 1 } },
    });
    const replacement = { properties: { desired: { pan: 1 } } };
    await registry("replace_module_twin", "lamp", "m1", replacement, "*");
    const twin = (await registry("get_module_twin", "lamp", "m1")) as {
      properties: { desired: object };
    };
    expect(twin.properties.desired).toMatchObject({ pan: 1 });
    expect(twin.properties.desired).not.toHaveProperty("zoom");
  });

  test("methods are invoked on devices", shows("direct methods"), async () => {
    await device.call("answerMethods", { name: "lamp" });
    const request = { methodName: "blink", payload: { n: 2 }, responseTimeoutInSeconds: 20 };
    expect(await registry("invoke_device_method", "lamp", methodOf(request))).toEqual({
      status: 200,
      payload: { name: "blink", payload: { n: 2 } },
    });
    expect(await registry("invoke_device_method", "d3", methodOf(request))).toEqual({
      refused: 404,
    });
  });

  test("methods are invoked on modules", shows("direct methods of modules"), async () => {
    const connectionString = `HostName=${ADDRESS};DeviceId=lamp;ModuleId=m1;SharedAccessKey=${OTHER_KEY}`;
    await device.call("open", { name: "m1", transport: "mqtt", connectionString });
    await device.call("answerMethods", { name: "m1" });
    const request = { methodName: "zoom", payload: 3, responseTimeoutInSeconds: 20 };
    expect(await registry("invoke_device_module_method", "lamp", "m1", methodOf(request))).toEqual({
      status: 200,
      payload: { name: "zoom", payload: 3 },
    });
  });

  test(
    "commands are sent, and the feedback that was asked for is there",
    shows("commands and their feedback", "AMQP"),
    async () => {
      await device.call("listenForCommands", { name: "lamp" });
      const properties = {
        messageId: "c1",
        correlationId: "c2",
        contentType: "text/plain",
        "iothub-ack": "full",
        mood: "calm",
      };
      await registry("send_c2d_message", "lamp", "hello", properties);
      expect(await device.call("nextCommand", { name: "lamp" })).toMatchObject({
        body: "hello",
        messageId: "c1",
        correlationId: "c2",
        contentType: "text/plain",
        properties: { mood: "calm" },
      });
      // The SDK takes feedback, and keeps to itself what it says.
      const { feedback } = server.server.hubs.list()[0]!;
      await expect
        .poll(async () => (await feedback.receive())?.records)
        .toMatchObject([{ originalMessageId: "c1", outcome: "Success", deviceId: "lamp" }]);
    },
  );

  test("queries find devices, page by page", shows("queries"), async () => {
    const text = "SELECT deviceId FROM devices WHERE deviceId IN ['b1', 'b2', 'lamp']";
    const pages = (await program.call("query", { text, page_size: 2 })) as unknown[][];
    expect(pages.map((page) => page.length)).toEqual([2, 1]);
    const found = pages.flat() as { deviceId: string }[];
    expect(found.map(({ deviceId }) => deviceId).toSorted()).toEqual(["b1", "b2", "lamp"]);
  });

  test("jobs invoke methods on many devices", shows("jobs"), async () => {
    const jobs = manager("jobs");
    const cloudToDeviceMethod = { methodName: "blink", payload: 1, responseTimeoutInSeconds: 20 };
    const job = {
      jobId: "j1",
      type: "scheduleDeviceMethod",
      cloudToDeviceMethod,
      queryCondition: "deviceId = 'lamp'",
      startTime: new Date().toISOString(),
      maxExecutionTimeInSeconds: 60,
    };
    expect(await jobs("create_scheduled_job", "j1", job)).toMatchObject({ jobId: "j1" });
    await expect
      .poll(() => jobs("get_scheduled_job", "j1"))
      .toMatchObject({ status: "completed", deviceJobStatistics: { succeededCount: 1 } });
  });

  test("configurations are created, updated and deleted", shows("configurations"), async () => {
    const configurations = manager("configurations");
    const configuration = {
      id: "c1",
      schemaVersion: "1.0",
      content: { deviceContent: { "properties.desired.mode": "eco" } },
      targetCondition: "deviceId = 'lamp'",
      priority: 10,
    };
    const created = await configurations("create_configuration", configurationOf(configuration));
    expect(created).toMatchObject({ id: "c1", priority: 10 });
    const { etag } = created as { etag: string };
    const changed = configurationOf({ ...configuration, priority: 20 });
    await configurations("update_configuration", changed, etag);
    expect(await configurations("get_configuration", "c1")).toMatchObject({ priority: 20 });
    expect(await configurations("get_configurations")).toHaveLength(1);
    await expect
      .poll(() => registry("get_twin", "lamp"))
      .toMatchObject({ properties: { desired: { mode: "eco" } } });
    await configurations("delete_configuration", "c1");
    expect(await configurations("get_configuration", "c1")).toEqual({ refused: 404 });
  });

  test("digital twins are read, written and commanded", shows("digital twins"), async () => {
    const digitalTwins = manager("digitalTwins");
    const operations = [
      { op: "add", path: "/thermostat", value: { targetTemperature: 21.5, $metadata: {} } },
      { op: "add", path: "/brightness", value: 7 },
    ];
    await digitalTwins("update_digital_twin", "lamp", operations);
    const patch = { serialNumber: "s1", thermostat: { __t: "c", maxTemperature: 25.3 } };
    await device.call("report", { name: "lamp", patch });
    expect(await digitalTwins("get_digital_twin", "lamp")).toMatchObject({
      $dtId: "lamp",
      serialNumber: "s1",
      thermostat: {
        maxTemperature: 25.3,
        $metadata: { targetTemperature: { desiredValue: 21.5 } },
      },
      $metadata: { brightness: { desiredValue: 7 } },
    });
    expect(await digitalTwins("update_digital_twin", "lamp", operations, '"another"')).toEqual({
      refused: 412,
    });
    await device.call("answerMethods", { name: "lamp" });
    expect(await digitalTwins("invoke_command", "lamp", "reboot", { n: 1 })).toEqual({
      name: "reboot",
      payload: { n: 1 },
    });
    expect(
      await digitalTwins("invoke_component_command", "lamp", "thermostat", "getReport", "now"),
    ).toEqual({ name: "thermostat*getReport", payload: "now" });
    expect(await digitalTwins("get_digital_twin", "nobody")).toEqual({ refused: 404 });
  });

  test(
    "identities are written to a container, and taken back from it",
    shows("import and export of identities"),
    async () => {
      const jobs = manager("jobs");
      const outputBlobContainerUri = await files.call(
        "signContainerUrl",
        server.connection.hubs[0]!.files,
      );
      const over = async (properties: object) => {
        const begun = await jobs("create_import_export_job", transferOf(properties));
        const { jobId } = begun as { jobId: string };
        await expect
          .poll(() => jobs("get_import_export_job", jobId))
          .toMatchObject({ status: "completed" });
        return jobId;
      };
      const configurations = manager("configurations");
      const configuration = {
        id: "carried",
        content: { deviceContent: { "properties.desired.speed": 4 } },
        targetCondition: "tags.hall = 3",
        priority: 5,
      };
      await configurations("create_configuration", configurationOf(configuration));
      const including = { includeConfigurations: true, configurationsBlobName: "carried.txt" };
      const output = { outputBlobContainerUri, ...including };
      await over({ type: "export", ...output, excludeKeysInExport: false });
      await registry("delete_device", "d1");
      await configurations("delete_configuration", "carried");
      const inputBlobContainerUri = outputBlobContainerUri;
      const jobId = await over({ type: "import", inputBlobContainerUri, ...output });
      expect(await configurations("get_configuration", "carried")).toMatchObject(configuration);
      expect(await registry("get_device", "d1")).toMatchObject({
        status: "disabled",
        authentication: { symmetricKey: { primaryKey: KEY } },
      });
      const listed = (await jobs("get_import_export_jobs")) as { jobId: string }[];
      expect(listed.map((job) => job.jobId)).toContain(jobId);
    },
  );
});
