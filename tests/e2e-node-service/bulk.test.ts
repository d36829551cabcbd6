import { type TestServer, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { RegistryClient } from "../support/service-clients/registry-client.ts";

// The client knows no other port than 443.
const ADDRESS = "127.0.0.46";

interface DeviceJson {
  readonly deviceId: string;
  readonly etag: string;
  readonly status: string;
}

describe("bulk operations of azure-iothub", () => {
  let server: TestServer;
  let registry: RegistryClient;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443 },
    });
    registry = new RegistryClient({
      connectionString: server.connection.hubs[0]?.connectionStrings["registryReadWrite"] ?? "",
      caFile: server.connection.caFile,
    });
  });

  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const done = { status: 200, body: { isSuccessful: true, errors: [], warnings: [] } };

  async function find(deviceId: string): Promise<DeviceJson> {
    return ((await registry.call("get", deviceId)) as { body: DeviceJson }).body;
  }

  test(
    "add, update and remove devices",
    cell({ sdk: "azure-iothub (Node)", transport: "HTTPS", feature: "identities in bulk" }),
    async () => {
      const ids = Array.from({ length: 100 }, (_, i) => `many-${i}`);
      const devices = ids.map((deviceId) => ({ deviceId }));
      expect(await registry.call("addDevices", devices)).toEqual(done);
      const disabled = devices.map((device) => ({ ...device, status: "disabled" }));
      expect(await registry.call("updateDevices", disabled, true)).toEqual(done);
      expect(await find("many-99")).toMatchObject({ status: "disabled" });
      expect(await registry.call("removeDevices", devices, true)).toEqual(done);
      expect(await registry.call("get", "many-0")).toMatchObject({ error: "DeviceNotFoundError" });
    },
  );

  test(
    "heed the ETags they are given",
    cell({ sdk: "azure-iothub (Node)", transport: "HTTPS", feature: "identities in bulk" }),
    async () => {
      await registry.call("addDevices", [{ deviceId: "kept" }]);
      const read = await find("kept");
      expect(
        await registry.call("updateDevices", [{ ...read, status: "disabled" }], false),
      ).toEqual(done);
      expect(await registry.call("removeDevices", [read], false)).toMatchObject({
        error: "ArgumentError",
      });
      const current = await find("kept");
      expect(current.status).toBe("disabled");
      expect(await registry.call("removeDevices", [current], false)).toEqual(done);
    },
  );

  test("do what they can, and then fail", async () => {
    await registry.call("addDevices", [{ deviceId: "there" }]);
    const outcome = await registry.call("addDevices", [{ deviceId: "there" }, { deviceId: "new" }]);
    expect(outcome).toMatchObject({ error: "ArgumentError" });
    expect(await find("new")).toMatchObject({ status: "enabled" });
  });

  test("are refused when there are too many", async () => {
    const devices = Array.from({ length: 101 }, (_, i) => ({ deviceId: `more-${i}` }));
    expect(await registry.call("addDevices", devices)).toHaveProperty("error");
    expect(await registry.call("get", "more-0")).toMatchObject({ error: "DeviceNotFoundError" });
  });
});
