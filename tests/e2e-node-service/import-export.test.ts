import { HubClient, type TestServer, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { ArmClient } from "../support/service-clients/arm-client.ts";
import { FileClient } from "../support/service-clients/file-client.ts";
import { RegistryClient } from "../support/service-clients/registry-client.ts";

// The clients know no other port than 443.
const ADDRESS = "127.0.0.142";

const SHOWN = {
  sdk: "azure-iothub (Node)",
  transport: "HTTPS",
  feature: "import and export of identities",
} as const;

interface JobJson {
  readonly jobId: string;
  readonly status: string;
}

interface Line {
  readonly id: string;
  readonly moduleId?: string;
  readonly eTag?: string;
  readonly authentication?: { readonly symmetricKey: { readonly primaryKey: string | null } };
  readonly tags?: object;
}

describe("imports and exports of azure-iothub", () => {
  let server: TestServer;
  let registry: RegistryClient;
  let files: FileClient;
  let hub: HubClient;
  let container: string;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443 },
    });
    const { connection } = server;
    hub = HubClient.fromConnection(connection, { address: ADDRESS });
    registry = new RegistryClient({
      connectionString: connection.hubs[0]?.connectionStrings["iothubowner"] ?? "",
      caFile: connection.caFile,
    });
    files = new FileClient({ caFile: connection.caFile });
    container = await files.call("signContainerUrl", place());
  });

  afterAll(async () => {
    await files[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const place = () => server.connection.hubs[0]!.files;

  const textOf = (blobName: string): Promise<string> =>
    files.call("downloadAllText", { ...place(), blobName });

  const call = async (method: string, ...args: unknown[]) => {
    const outcome = await registry.call(method, ...args);
    if ("error" in outcome) throw new Error(`${outcome.error}: ${outcome.message}`);
    return outcome.body;
  };

  /** Asks again and again, as users do; all jobs are among those of the registry. */
  async function whenOver(begun: unknown): Promise<JobJson> {
    const { jobId } = begun as JobJson;
    const read = async () => (await call("getJob", jobId)) as JobJson;
    await expect.poll(async () => (await read()).status).not.toMatch(/enqueued|running/);
    return read();
  }

  const linesOf = (text: string): Line[] =>
    text.split(/\r?\n/).flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Line]));

  test(
    "write all devices and modules with keys and twins, or without keys",
    cell(SHOWN),
    async () => {
      for (let i = 0; i < 20; i++) await hub.createDevice(`exported-${i}`);
      await call("addModule", { deviceId: "exported-0", moduleId: "camera" });
      await call("updateTwin", "exported-0", { tags: { hall: 3 } }, "*");
      const begun = await call("exportDevicesToBlob", container, false);
      expect(begun).toMatchObject({
        type: "export",
        outputBlobContainerUri: container.split("?")[0],
      });
      expect(await whenOver(begun)).toMatchObject({ status: "completed", progress: 100 });
      const lines = linesOf(await textOf("devices.txt"));
      const device = (await call("get", "exported-0")) as Line & { etag: string };
      expect(lines.find(({ id, moduleId }) => id === "exported-0" && !moduleId)).toMatchObject({
        eTag: device.etag,
        authentication: device.authentication,
        tags: { hall: 3 },
        properties: { desired: { $version: 1 }, reported: { $version: 1 } },
      });
      expect(lines.some(({ moduleId }) => moduleId === "camera")).toBe(true);
      expect(lines).toHaveLength(21);
      await whenOver(await call("exportDevicesToBlob", container, true));
      for (const { authentication } of linesOf(await textOf("devices.txt"))) {
        expect(authentication?.symmetricKey.primaryKey).toBeNull();
      }
    },
  );

  test("take back what was written, and do what each line says", cell(SHOWN), async () => {
    const { connectionString } = await hub.createDevice("returned");
    await call("addModule", { deviceId: "returned", moduleId: "camera" });
    await call("updateTwin", "returned", { tags: { hall: 7 } }, "*");
    await whenOver(await call("exportDevicesToBlob", container, false));
    const all = linesOf(await textOf("devices.txt"));
    const returned = all.filter(({ id }) => id === "returned");
    await call("delete", "returned");
    const lines = [
      ...returned,
      { id: "made", importMode: "create", tags: { new: true } },
      { id: "exported-1", importMode: "delete" },
      { id: "exported-2", importMode: "create" },
      { id: "nobody", importMode: "update" },
    ].map((line) => JSON.stringify(line));
    const text = [...lines, "not JSON"].join("\r\n");
    await files.call("uploadText", { ...place(), blobName: "devices.txt", text });
    const job = await whenOver(await call("importDevicesFromBlob", container, container));
    expect(job).toMatchObject({ type: "import", status: "completed" });
    expect(await call("getTwin", "returned")).toMatchObject({ tags: { hall: 7 } });
    expect(await call("get", "returned")).toMatchObject({
      authentication: {
        symmetricKey: { primaryKey: /SharedAccessKey=([^;]+)/.exec(connectionString)![1] },
      },
    });
    expect(await call("getModule", "returned", "camera")).toMatchObject({ moduleId: "camera" });
    expect(await call("getTwin", "made")).toMatchObject({ tags: { new: true } });
    expect(await registry.call("get", "exported-1")).toMatchObject({
      error: "DeviceNotFoundError",
    });
    const refused = linesOf(await textOf("importErrors.log"));
    expect(refused).toHaveLength(3);
    expect(refused).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ deviceId: "exported-2", errorCode: 409001, operation: "create" }),
        expect.objectContaining({ deviceId: "nobody", errorCode: 404001, operation: "update" }),
        expect.objectContaining({ errorCode: 400012, line: lines.length + 1 }),
      ]),
    );
  });

  test(
    "take configurations along when a management client asks for them",
    cell({ ...SHOWN, sdk: "@azure/arm-iothub (Node)", feature: "import and export" }),
    async () => {
      await using arm = new ArmClient(server.connection);
      const manage = async (method: string, body: object) => {
        const begun = await arm.call(`iothub.iotHubResource.${method}`, "larimar", "local", body);
        return whenOver(begun);
      };
      const configuration = {
        id: "carried",
        labels: { floor: "2" },
        content: { deviceContent: { "properties.desired.speed": 4 } },
        targetCondition: "deviceId = 'faster'",
        priority: 5,
        metrics: { queries: { fast: "SELECT deviceId FROM devices WHERE tags.fast = true" } },
      };
      await call("addConfiguration", configuration);
      const including = { includeConfigurations: true, configurationsBlobName: "carried.txt" };
      const target = { exportBlobContainerUri: container, excludeKeys: true };
      expect(await manage("exportDevices", { ...target, ...including })).toMatchObject({
        status: "completed",
      });
      const lines = (await textOf("carried.txt")).trimEnd().split("\r\n");
      expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([configuration]);
      await call("removeConfiguration", "carried");

      // A new device, and a configuration that is for it.
      await files.call("uploadText", {
        ...place(),
        blobName: "more.txt",
        text: JSON.stringify({ id: "faster", importMode: "create" }),
      });
      const places = { inputBlobContainerUri: container, outputBlobContainerUri: container };
      const source = { ...places, inputBlobName: "more.txt", ...including };
      expect(await manage("importDevices", source)).toMatchObject({ status: "completed" });
      expect(await call("getConfiguration", "carried")).toMatchObject(configuration);
      await expect
        .poll(() => call("getTwin", "faster"))
        .toMatchObject({ properties: { desired: { speed: 4 } } });
    },
  );

  test("are listed, and stay as they are once they are over", cell(SHOWN), async () => {
    const begun = (await call("exportDevicesToBlob", container, true)) as JobJson;
    await whenOver(begun);
    const [newest] = (await call("listJobs")) as JobJson[];
    expect(newest).toMatchObject({ jobId: begun.jobId, status: "completed" });
    expect(await call("cancelJob", begun.jobId)).toBeNull();
    expect(await call("getJob", begun.jobId)).toMatchObject({ status: "completed" });
    // The other kind of jobs sends whoever asks there to this one.
    expect(await registry.call("jobs.getJob", begun.jobId)).toMatchObject({
      body: { jobId: begun.jobId, status: "unknown" },
    });
    expect(await registry.call("getJob", "unknown")).toMatchObject({ message: "Not found" });
  });

  test("are refused with a signature of another account", cell(SHOWN), async () => {
    const forged = container.replace(/sig=[^&]+/, "sig=AAAA");
    expect(await registry.call("exportDevicesToBlob", forged, false)).toMatchObject({
      error: "ArgumentError",
    });
    expect(await registry.call("importDevicesFromBlob", forged, container)).toMatchObject({
      error: "ArgumentError",
    });
  });
});
