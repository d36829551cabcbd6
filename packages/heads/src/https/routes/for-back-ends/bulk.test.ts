import { describe, expect, test } from "vitest";
import { startTestHead } from "../../test-head.fixture.ts";

const policy = "registryReadWrite";
const failed = "BulkRegistryOperationFailure";

describe("a bulk operation", () => {
  test("answers with lists even when there is nothing to tell", async () => {
    await using head = await startTestHead();
    const body = [{ id: "d1", importMode: "create" }];
    const response = await head.send("POST", "/devices", { policy, body });
    expect(response).toMatchObject({ status: 200 });
    expect(response.json).toEqual({ isSuccessful: true, errors: [], warnings: [] });
    expect(response.headers).not.toHaveProperty("iothuberrorcode");
    expect((await head.hub.devices.get("d1")).device.status).toBe("enabled");
  });

  test("answers with 400, a header and the result when an item was refused", async () => {
    await using head = await startTestHead();
    const { etag } = await head.createDevice("d1");
    const body = [
      { id: "d1", importMode: "Create", status: "disabled" },
      { id: "d1", moduleId: "m1", importMode: "delete" },
      { id: "d2", importMode: "create" },
    ];
    const response = await head.send("POST", "/devices", { policy, body });
    expect(response).toMatchObject({
      status: 400,
      headers: { iothuberrorcode: failed, "content-type": "application/json; charset=utf-8" },
    });
    expect(response.json).toEqual({
      isSuccessful: false,
      errors: [
        {
          deviceId: "d1",
          moduleId: null,
          errorCode: 409_001,
          errorStatus: "A device with ID 'd1' is already registered.",
          operation: "create",
        },
        {
          deviceId: "d1",
          moduleId: "m1",
          errorCode: 404_010,
          errorStatus: "Module 'm1' is not registered on device 'd1'.",
          operation: "delete",
        },
      ],
      warnings: [],
    });
    expect((await head.hub.devices.get("d1")).device.etag).toBe(etag);
    expect(await head.hub.devices.get("d2")).toBeDefined();
  });

  test.each(["eTag", "etag", "ETag"])("reads the ETag as %s, quoted or not", async (name) => {
    await using head = await startTestHead();
    const { etag } = await head.createDevice("d1");
    const remove = (value: string) => {
      const body = [{ id: "d1", importMode: "deleteIfMatchEtag", [name]: value }];
      return head.send("POST", "/devices", { policy, body });
    };
    expect(await remove("another")).toMatchObject({
      status: 400,
      json: { errors: [{ errorCode: 400_023 }] },
    });
    expect((await remove(`"${etag}"`)).status).toBe(200);
    await head.createDevice("d1");
    expect((await remove("*")).status).toBe(200);
  });

  test("writes twins, but nothing of what is the hub's or the device's own", async () => {
    await using head = await startTestHead();
    const item = {
      id: "d1",
      importMode: "createOrUpdate",
      tags: { site: "a" },
      properties: {
        desired: { fan: "on", $metadata: {}, $version: 9 },
        reported: { fan: "off" },
      },
    };
    expect((await head.send("POST", "/devices", { policy, body: [item] })).status).toBe(200);
    const key = { deviceId: "d1" };
    const before = await head.hub.twins.get(key);
    expect(before.tags).toEqual({ site: "a" });
    expect(before.desired.values).toEqual({ fan: "on" });
    expect(before.reported.values).toEqual({});
    const change = { ...item, importMode: "updateTwinIfMatchETag", tags: { floor: 1 } };
    const send = (twinETag: string) =>
      head.send("POST", "/devices", { policy, body: [{ ...change, twinETag }] });
    expect(await send("another")).toMatchObject({
      status: 400,
      json: { errors: [{ errorCode: 400_023, operation: "updateTwinIfMatchETag" }] },
    });
    expect((await send(before.etag)).status).toBe(200);
    expect((await head.hub.twins.get(key)).tags).toEqual({ site: "a", floor: 1 });
  });

  test("warns of a device that was made without the twin it was meant to have", async () => {
    await using head = await startTestHead();
    const body = [{ id: "d1", importMode: "create", tags: { "a.b": 1 } }];
    expect(await head.send("POST", "/devices", { policy, body })).toMatchObject({
      status: 200,
      json: {
        isSuccessful: true,
        errors: [],
        warnings: [{ deviceId: "d1", warningCode: "DeviceRegisteredWithoutTwin" }],
      },
    });
  });

  test("is refused as a whole for what is wrong with the request", async () => {
    await using head = await startTestHead();
    const send = (body: object) => head.send("POST", "/devices", { policy, body });
    const create = (id: string) => ({ id, importMode: "create" });
    const many = Array.from({ length: 101 }, (_, i) => create(`d${i}`));
    const cases = [
      { body: many, status: 413, name: "TooManyDevices" },
      { body: [create("d1"), create("d1")], status: 400, name: "DeviceDefinedMultipleTimes" },
      { body: [create("d1"), { id: "d2" }], status: 400, name: "ArgumentInvalid" },
      { body: [{ importMode: "create" }], status: 400, name: "ArgumentInvalid" },
      { body: create("d1"), status: 400, name: "ArgumentInvalid" },
    ];
    for (const { body, status, name } of cases) {
      const response = await send(body);
      expect(response).toMatchObject({ status, headers: { "iothub-errorcode": name } });
      expect(response.headers).not.toHaveProperty("iothuberrorcode");
    }
    expect(await head.hub.devices.statistics()).toMatchObject({ total: 0 });
  });

  test("needs the right to write", async () => {
    await using head = await startTestHead();
    const body = [{ id: "d1", importMode: "create" }];
    for (const reader of ["registryRead", "service", "device"]) {
      expect((await head.send("POST", "/devices", { policy: reader, body })).status).toBe(401);
    }
    expect(await head.hub.devices.statistics()).toMatchObject({ total: 0 });
  });
});

describe("key regeneration", () => {
  const path = "/devices/keys/regenerate";

  test("answers with the keys that are new", async () => {
    await using head = await startTestHead();
    const { key } = await head.createDevice("d1");
    const body = { policyKey: "secondarykey", devices: [{ id: "d1" }] };
    const response = await head.send("POST", path, { policy, body });
    const { authentication } = (await head.hub.devices.get("d1")).device;
    expect(authentication).toMatchObject({ primaryKey: key });
    expect(response.status).toBe(200);
    expect(response.json).toEqual({
      policyKey: "secondaryKey",
      rotatedKeys: [
        {
          id: "d1",
          primaryKey: null,
          secondaryKey: authentication.type === "sas" && authentication.secondaryKey,
        },
      ],
      errors: [],
    });
  });

  test("says by its status whether all, some or none are new", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    await head.hub.modules.create({ deviceId: "d1", moduleId: "m1" });
    const send = (...devices: object[]) =>
      head.send("POST", path, { policy, body: { policyKey: "both", devices } });
    const module = { id: "d1", moduleId: "m1" };
    const missing = { id: "d1", moduleId: "m2" };
    expect((await send({ id: "d1" }, module)).status).toBe(200);
    expect(await send(module, missing)).toMatchObject({
      status: 207,
      json: { rotatedKeys: [module], errors: [{ ...missing, errorCode: 404_010 }] },
    });
    expect(await send(missing)).toMatchObject({ status: 400, json: { rotatedKeys: [] } });
  });

  test("knows the names of the keys, and needs the right to write", async () => {
    await using head = await startTestHead();
    const { key } = await head.createDevice("d1");
    const body = { policyKey: "tertiaryKey", devices: [{ id: "d1" }] };
    expect(await head.send("POST", path, { policy, body })).toMatchObject({
      status: 400,
      headers: { "iothub-errorcode": "InvalidPolicyKey" },
    });
    const both = { ...body, policyKey: "both" };
    const refused = await head.send("POST", path, { policy: "registryRead", body: both });
    expect(refused.status).toBe(401);
    const { authentication } = (await head.hub.devices.get("d1")).device;
    expect(authentication).toMatchObject({ primaryKey: key });
  });
});
