import { type TestServer, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { RegistryClient } from "../support/service-clients/registry-client.ts";

// The client knows no other port than 443.
const ADDRESS = "127.0.0.45";

interface DeviceJson {
  readonly deviceId: string;
  readonly etag: string;
  readonly status: string;
  readonly authentication: { readonly symmetricKey: { readonly primaryKey: string } };
}

describe("Registry of azure-iothub", () => {
  let server: TestServer;
  let registry: RegistryClient;

  const connect = (policy: string) =>
    new RegistryClient({
      connectionString: server.connection.hubs[0]?.connectionStrings[policy] ?? "",
      caFile: server.connection.caFile,
    });

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443 },
    });
    registry = connect("iothubowner");
  });

  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const deviceOf = (outcome: unknown) => (outcome as { body: DeviceJson }).body;

  test(
    "creates a device, and reads it with the keys the hub made",
    cell({ sdk: "azure-iothub (Node)", transport: "HTTPS", feature: "device identities" }),
    async () => {
      const created = await registry.call("create", { deviceId: "created" });
      expect(created).toMatchObject({
        status: 200,
        body: { deviceId: "created", status: "enabled", connectionState: "Disconnected" },
      });
      const { primaryKey } = deviceOf(created).authentication.symmetricKey;
      expect(Buffer.from(primaryKey, "base64")).toHaveLength(32);
      expect(deviceOf(await registry.call("get", "created"))).toEqual(deviceOf(created));
    },
  );

  test("keeps ids with every character they may have", async () => {
    const deviceId = "id-:.+%_#*?!(),=@;$'";
    await registry.call("create", { deviceId });
    expect(await registry.call("get", deviceId)).toMatchObject({ status: 200, body: { deviceId } });
    expect(await registry.call("delete", deviceId)).toMatchObject({ status: 204 });
  });

  test("names the errors it knows by form A", async () => {
    await registry.call("create", { deviceId: "twice" });
    expect(await registry.call("create", { deviceId: "twice" })).toMatchObject({
      error: "DeviceAlreadyExistsError",
      message: expect.stringContaining("A device with ID 'twice' is already registered.") as string,
    });
    expect(await registry.call("get", "missing")).toMatchObject({ error: "DeviceNotFoundError" });
    expect(await registry.call("delete", "missing")).toMatchObject({
      error: "DeviceNotFoundError",
    });
    expect(await registry.call("update", { deviceId: "missing" })).toMatchObject({
      error: "DeviceNotFoundError",
    });
    expect(await registry.call("create", { deviceId: "not an id" })).toMatchObject({
      error: "ArgumentError",
    });
  });

  test(
    "updates a device, whatever has happened to it since it was read",
    cell({ sdk: "azure-iothub (Node)", transport: "HTTPS", feature: "device identities" }),
    async () => {
      const created = deviceOf(await registry.call("create", { deviceId: "updated" }));
      for (const status of ["disabled", "enabled"]) {
        const updated = await registry.call("update", { ...created, status });
        expect(updated).toMatchObject({ status: 200, body: { status } });
        expect(deviceOf(updated).etag).not.toBe(created.etag);
        expect(deviceOf(updated).authentication).toEqual(created.authentication);
      }
    },
  );

  test("makes new keys when an update brings none", async () => {
    const created = deviceOf(await registry.call("create", { deviceId: "renewed" }));
    const updated = deviceOf(await registry.call("update", { deviceId: "renewed" }));
    const { primaryKey } = updated.authentication.symmetricKey;
    expect(Buffer.from(primaryKey, "base64")).toHaveLength(32);
    expect(primaryKey).not.toBe(created.authentication.symmetricKey.primaryKey);
  });

  test(
    "lists devices",
    cell({ sdk: "azure-iothub (Node)", transport: "HTTPS", feature: "device identities" }),
    async () => {
      await registry.call("create", { deviceId: "listed" });
      const { body } = (await registry.call("list")) as { body: DeviceJson[] };
      expect(body.map((device) => device.deviceId)).toContain("listed");
    },
  );

  test(
    "counts devices",
    cell({ sdk: "azure-iothub (Node)", transport: "HTTPS", feature: "statistics" }),
    async () => {
      const { body: devices } = (await registry.call("list")) as { body: DeviceJson[] };
      const enabled = devices.filter((device) => device.status === "enabled").length;
      expect(await registry.call("getRegistryStatistics")).toMatchObject({
        body: {
          totalDeviceCount: devices.length,
          enabledDeviceCount: enabled,
          disabledDeviceCount: devices.length - enabled,
        },
      });
    },
  );

  test("may only do what its policy allows", async () => {
    await registry.call("create", { deviceId: "kept" });
    await using reader = connect("registryRead");
    expect(await reader.call("get", "kept")).toMatchObject({ status: 200 });
    expect(await reader.call("delete", "kept")).toMatchObject({ error: "UnauthorizedError" });
    await using service = connect("service");
    expect(await service.call("get", "kept")).toMatchObject({ error: "UnauthorizedError" });
  });

  test("puts devices below edge devices, and refuses scopes of nobody", async () => {
    const capabilities = { iotEdge: true };
    type Scoped = DeviceJson & { deviceScope: string; parentScopes: string[] };
    const scopedOf = (outcome: unknown) => (outcome as { body: Scoped }).body;
    const upper = scopedOf(await registry.call("create", { deviceId: "upper", capabilities }));
    expect(upper.parentScopes).toEqual([]);
    const parentScopes = [upper.deviceScope];
    const edge = { deviceId: "lower", capabilities, parentScopes };
    const lower = scopedOf(await registry.call("create", edge));
    expect(lower.parentScopes).toEqual(parentScopes);
    const { deviceScope } = lower;
    const leaf = scopedOf(await registry.call("create", { deviceId: "leaf", deviceScope }));
    expect(leaf).toMatchObject({ deviceScope, parentScopes: [deviceScope] });
    expect(await registry.call("update", { ...leaf, deviceScope: "nobody" })).toMatchObject({
      error: "ArgumentError",
    });
    expect(await registry.call("getTwin", "leaf")).toMatchObject({ body: { deviceScope } });
    await registry.call("delete", "lower");
    const orphan = scopedOf(await registry.call("get", "leaf"));
    expect(orphan.parentScopes).toEqual([]);
    expect(orphan).not.toHaveProperty("deviceScope");
  });
});
