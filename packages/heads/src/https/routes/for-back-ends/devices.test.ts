import { openTestSession } from "@larimar/domain/fixtures";
import { NO_PROPERTIES } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { type TestHead, type TestRequest, startTestHead } from "../../test-head.fixture.ts";

const policy = "iothubowner";

interface DeviceJson {
  readonly deviceId: string;
  readonly etag: string;
  readonly generationId: string;
  readonly status: string;
  readonly authentication: {
    readonly type: string;
    readonly symmetricKey: { readonly primaryKey: string; readonly secondaryKey: string };
  };
}

async function put(
  head: TestHead,
  body: object | string,
  request: TestRequest & { deviceId?: string; ifMatch?: string } = {},
) {
  const { deviceId = "d1", ifMatch, headers = {}, ...rest } = request;
  const conditional = ifMatch === undefined ? {} : { "if-match": ifMatch };
  const response = await head.send("PUT", `/devices/${encodeURIComponent(deviceId)}`, {
    policy,
    body,
    headers: { ...headers, ...conditional },
    ...rest,
  });
  return { ...response, device: response.json as DeviceJson };
}

const get = (head: TestHead, deviceId = "d1") =>
  head.send("GET", `/devices/${encodeURIComponent(deviceId)}`, { policy });

describe("creating a device", () => {
  test("answers 200 with the identity, its ETag quoted in the header and bare in the body", async () => {
    await using head = await startTestHead();
    const { status, headers, device } = await put(head, { deviceId: "d1" });
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(headers.etag).toBe(`"${device.etag}"`);
    expect(device).toMatchObject({ deviceId: "d1", status: "enabled", parentScopes: [] });
  });

  test("makes keys when none are given, or empty ones", async () => {
    await using head = await startTestHead();
    const bodies = [
      {},
      { authentication: { type: "sas" } },
      { authentication: { type: "sas", symmetricKey: { primaryKey: "", secondaryKey: "" } } },
      { authentication: null },
    ];
    for (const [i, body] of bodies.entries()) {
      const { device } = await put(head, body, { deviceId: `d${i}` });
      const { primaryKey, secondaryKey } = device.authentication.symmetricKey;
      expect(Buffer.from(primaryKey, "base64")).toHaveLength(32);
      expect(Buffer.from(secondaryKey, "base64")).toHaveLength(32);
      expect(primaryKey).not.toBe(secondaryKey);
    }
  });

  test("is refused when the device exists, and changes nothing", async () => {
    await using head = await startTestHead();
    const first = await put(head, { deviceId: "d1" });
    const second = await put(head, { deviceId: "d1", status: "disabled" });
    expect(second).toMatchObject({
      status: 409,
      headers: { "iothub-errorcode": "DeviceAlreadyExists" },
      json: {
        Message: "ErrorCode:DeviceAlreadyExists;A device with ID 'd1' is already registered.",
      },
    });
    expect((await get(head)).json).toEqual(first.json);
  });

  test("overlooks read-only members and unknown ones, of whatever type", async () => {
    await using head = await startTestHead();
    const { status, device } = await put(head, {
      deviceId: "d1",
      etag: "*",
      generationId: "stale",
      connectionState: 5,
      lastActivityTime: null,
      cloudToDeviceMessageCount: "many",
      whatever: { deep: [1] },
    });
    expect(status).toBe(200);
    expect(device.generationId).not.toBe("stale");
    expect(device.etag).not.toBe("*");
  });

  test("takes the id from the path when the body has none", async () => {
    await using head = await startTestHead();
    expect((await put(head, {})).device.deviceId).toBe("d1");
  });

  test("keeps every character an id may have", async () => {
    await using head = await startTestHead();
    const deviceId = "aZ09-:.+%_#*?!(),=@;$'";
    expect((await put(head, { deviceId }, { deviceId })).device.deviceId).toBe(deviceId);
    expect((await get(head, deviceId)).json).toMatchObject({ deviceId });
  });

  test.each([
    ["an id with a space", "a b", {}],
    ["an id with a letter of no alphabet but English", "dé", {}],
    ["an id of 129 characters", "d".repeat(129), {}],
    ["another id in the body", "d1", { deviceId: "d2" }],
    ["an id that is a number", "5", { deviceId: 5 }],
    ["a status nobody knows", "d1", { status: "sleeping" }],
    ["a reason of 129 characters", "d1", { statusReason: "r".repeat(129) }],
    ["a reason that is no text", "d1", { statusReason: 5 }],
    ["a key that is not base64", "d1", keys("not base64!", "also not base64!")],
    ["a key of 15 bytes", "d1", keys(Buffer.alloc(15).toString("base64"))],
    ["a key of 65 bytes", "d1", keys(Buffer.alloc(65).toString("base64"))],
    ["a type of credentials nobody knows", "d1", { authentication: { type: "password" } }],
    ["a self-signed certificate without thumbprint", "d1", thumbprints({})],
    ["a thumbprint of 39 digits", "d1", thumbprints({ primaryThumbprint: "A".repeat(39) })],
    [
      "a thumbprint that is not hexadecimal",
      "d1",
      thumbprints({ primaryThumbprint: "Z".repeat(40) }),
    ],
    ["capabilities that are no object", "d1", { capabilities: "edge" }],
    ["a list for a device", "d1", []],
  ])("is refused with %s", async (_, deviceId, body) => {
    await using head = await startTestHead();
    const response = await put(head, body, { deviceId });
    expect(response).toMatchObject({
      status: 400,
      headers: { "iothub-errorcode": "ArgumentInvalid" },
      json: { Message: expect.stringMatching(/^ErrorCode:ArgumentInvalid;[^;]+$/) as string },
    });
    expect((await head.send("GET", "/devices", { policy })).json).toEqual([]);
  });

  test.each([
    ["a scope of its own", { deviceScope: "ms-azure-iot-edge://edge-1" }],
    ["a parent", { parentScopes: ["ms-azure-iot-edge://edge-1"] }],
  ])("is refused with %s that belongs to no edge device", async (_, body) => {
    await using head = await startTestHead();
    expect(await put(head, body)).toMatchObject({
      status: 400,
      headers: { "iothub-errorcode": "InvalidDeviceScope" },
    });
  });

  test("has the scope of its parent, and an edge device its own", async () => {
    await using head = await startTestHead();
    const edge = await put(head, { capabilities: { iotEdge: true } }, { deviceId: "edge" });
    const { deviceScope } = edge.json as { deviceScope: string };
    expect(deviceScope).toMatch(/^ms-azure-iot-edge:\/\/edge-\d+$/);
    expect(edge.json).toMatchObject({ parentScopes: [] });
    const leaf = await put(head, { deviceScope });
    expect(leaf.json).toMatchObject({ deviceScope, parentScopes: [deviceScope] });
    const twin = await head.send("GET", "/twins/d1", { policy: "service" });
    expect(twin.json).toMatchObject({ deviceScope, parentScopes: [deviceScope] });
  });

  test("takes empty scopes for none", async () => {
    await using head = await startTestHead();
    expect((await put(head, { deviceScope: "", parentScopes: [] })).status).toBe(200);
  });
});

function keys(primaryKey: string, secondaryKey = primaryKey) {
  return { authentication: { type: "sas", symmetricKey: { primaryKey, secondaryKey } } };
}

function thumbprints(x509Thumbprint: object) {
  return { authentication: { type: "selfSigned", x509Thumbprint } };
}

describe("credentials of a device", () => {
  test("are kept as given", async () => {
    await using head = await startTestHead();
    const key = Buffer.alloc(64, 7).toString("base64");
    expect((await put(head, keys(key))).device.authentication).toMatchObject({
      type: "sas",
      symmetricKey: { primaryKey: key, secondaryKey: key },
    });
  });

  test("are a certificate's when only a thumbprint is given", async () => {
    await using head = await startTestHead();
    const primaryThumbprint = "AB".repeat(20);
    const body = { authentication: { x509Thumbprint: { primaryThumbprint } } };
    expect((await put(head, body)).device.authentication).toEqual({
      type: "selfSigned",
      symmetricKey: { primaryKey: null, secondaryKey: null },
      x509Thumbprint: { primaryThumbprint, secondaryThumbprint: null },
    });
  });

  test("are dropped for a certificate authority's word", async () => {
    await using head = await startTestHead();
    const key = Buffer.alloc(32, 7).toString("base64");
    const symmetricKey = { primaryKey: key, secondaryKey: key };
    const body = { authentication: { type: "certificateAuthority", symmetricKey } };
    expect((await put(head, body)).device.authentication).toMatchObject({
      type: "certificateAuthority",
      symmetricKey: { primaryKey: null, secondaryKey: null },
    });
  });
});

describe("updating a device", () => {
  test.each([
    ["*", () => "*"],
    ['"*"', () => '"*"'],
    ['"etag"', (etag: string) => `"${etag}"`],
    ["etag", (etag: string) => etag],
    ['W/"etag"', (etag: string) => `W/"${etag}"`],
  ])("is done with If-Match: %s", async (_, spell) => {
    await using head = await startTestHead();
    const { etag } = await head.createDevice("d1");
    const response = await put(head, { status: "disabled" }, { ifMatch: spell(etag) });
    expect(response.status).toBe(200);
    expect(response.device.status).toBe("disabled");
    expect(response.device.etag).not.toBe(etag);
  });

  test.each(['"stale"', "stale", 'W/"stale"', '""'])(
    "is refused with If-Match: %s when the device has changed since",
    async (ifMatch) => {
      await using head = await startTestHead();
      await head.createDevice("d1");
      const response = await put(head, { status: "disabled" }, { ifMatch });
      expect(response).toMatchObject({
        status: 412,
        headers: { "iothub-errorcode": "PreconditionFailed" },
      });
      expect((await get(head)).json).toMatchObject({ status: "enabled" });
    },
  );

  test.each(['"open', '"a", "b"', "a b", ""])("is refused with If-Match: %j", async (ifMatch) => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    expect(await put(head, {}, { ifMatch })).toMatchObject({
      status: 400,
      headers: { "iothub-errorcode": "ArgumentInvalid" },
    });
  });

  test.each(["*", '"etag"'])("is refused with If-Match: %s when there is none", async (ifMatch) => {
    await using head = await startTestHead();
    expect(await put(head, {}, { ifMatch })).toMatchObject({
      status: 404,
      headers: { "iothub-errorcode": "DeviceNotFound" },
      json: { Message: "ErrorCode:DeviceNotFound;Device 'd1' is not registered." },
    });
  });

  test("keeps the keys when the body is silent about them, and makes new ones for empty ones", async () => {
    await using head = await startTestHead();
    const { key } = await head.createDevice("d1");
    const kept = await put(head, {}, { ifMatch: "*" });
    expect(kept.device.authentication.symmetricKey.primaryKey).toBe(key);
    const renewed = await put(head, keys("", ""), { ifMatch: "*" });
    expect(renewed.device.authentication.symmetricKey.primaryKey).not.toBe(key);
  });

  test("ends the connection of a device it disables", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    const reasons: string[] = [];
    openSession(head, (reason) => reasons.push(reason));
    await put(head, { status: "disabled" }, { ifMatch: "*" });
    expect(reasons).toEqual(["identityDisabled"]);
  });
});

describe("reading a device", () => {
  test("answers what creating it answered, with the same ETag", async () => {
    await using head = await startTestHead();
    const created = await put(head, {});
    const read = await get(head);
    expect(read.json).toEqual(created.json);
    expect(read.headers.etag).toBe(created.headers.etag);
  });

  test("distinguishes upper and lower case in ids", async () => {
    await using head = await startTestHead();
    await put(head, {});
    expect((await get(head, "D1")).status).toBe(404);
  });

  test("takes no offence at a content length, a type or an If-Match it has no use for", async () => {
    await using head = await startTestHead();
    await put(head, {});
    const headers = {
      "content-type": "application/json; charset=utf-8",
      "content-length": "2",
      "if-match": '"broken',
    };
    const response = await head.send("GET", "/devices/d1", { policy, headers, body: "{}" });
    expect(response.status).toBe(200);
  });

  test("tells when the device is connected, and how many commands wait for it", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    openSession(head);
    const message = { properties: NO_PROPERTIES, body: Buffer.from("turn on") };
    await head.hub.commands.send({ key: { deviceId: "d1" }, message, ack: "none" });
    expect((await get(head)).json).toMatchObject({
      connectionState: "Connected",
      connectionStateUpdatedTime: "2030-01-01T00:00:00.000Z",
      lastActivityTime: "2030-01-01T00:00:00.000Z",
      cloudToDeviceMessageCount: 1,
    });
  });
});

function openSession(head: TestHead, close: (reason: string) => void = () => {}): Disposable {
  const session = openTestSession(head.hub, { deviceId: "d1" }, { close });
  return { [Symbol.dispose]: () => session.end() };
}

describe("deleting a device", () => {
  test.each([undefined, "*", '"*"'])("is done with If-Match: %s", async (ifMatch) => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    const headers = ifMatch === undefined ? {} : { "if-match": ifMatch };
    const response = await head.send("DELETE", "/devices/d1", { policy, headers });
    expect(response).toMatchObject({ status: 204, text: "" });
    expect(response.headers).not.toHaveProperty("content-type");
    expect(response.headers).not.toHaveProperty("content-length");
    expect((await get(head)).status).toBe(404);
  });

  test("is done with the device's own ETag and no other", async () => {
    await using head = await startTestHead();
    const { etag } = await head.createDevice("d1");
    const remove = (ifMatch: string) =>
      head.send("DELETE", "/devices/d1", { policy, headers: { "if-match": ifMatch } });
    expect((await remove('"stale"')).status).toBe(412);
    expect((await get(head)).status).toBe(200);
    expect((await remove(`"${etag}"`)).status).toBe(204);
  });

  test("is refused when there is none", async () => {
    await using head = await startTestHead();
    expect((await head.send("DELETE", "/devices/d1", { policy })).status).toBe(404);
  });

  test("lets the id be used again, by another generation", async () => {
    await using head = await startTestHead();
    const first = await put(head, {});
    await head.send("DELETE", "/devices/d1", { policy });
    const second = await put(head, {});
    expect(second.device.generationId).not.toBe(first.device.generationId);
  });
});

describe("listing devices", () => {
  const ids = ["d1", "d2", "d3"];
  const list = async (head: TestHead, query: string) => {
    const response = await head.send("GET", `/devices/?${query}`, { policy });
    return (response.json as DeviceJson[]).map((device) => device.deviceId);
  };

  test.each([
    ["api-version=2021-04-12", ids],
    ["top=2&api-version=2021-04-12", ["d1", "d2"]],
    ["TOP=2&API-Version=2021-04-12", ["d1", "d2"]],
    ["top=0&api-version=2021-04-12", ids],
    ["top=-1&api-version=2021-04-12", ids],
    ["top=1001&api-version=2021-04-12", ids],
    ["top=1.5&api-version=2021-04-12", ids],
    ["top=many&api-version=2021-04-12", ids],
    ["top=&api-version=2021-04-12", ids],
    ["top=1&top=2&api-version=2021-04-12", ["d1"]],
  ])("with %s answers %j", async (query, expected) => {
    await using head = await startTestHead();
    for (const id of ids) await head.createDevice(id);
    expect(await list(head, query)).toEqual(expected);
  });

  test("answers an empty array when there are none", async () => {
    await using head = await startTestHead();
    expect(await list(head, "api-version=2021-04-12")).toEqual([]);
  });
});

describe("statistics", () => {
  test("count devices by status, and those that are connected", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    await head.createDevice("d2");
    await head.hub.devices.update({ deviceId: "d2", status: "disabled" }, "any");
    const session = openSession(head);
    expect((await head.send("GET", "/statistics/devices", { policy })).json).toEqual({
      totalDeviceCount: 2,
      enabledDeviceCount: 1,
      disabledDeviceCount: 1,
    });
    const service = await head.send("GET", "/statistics/service", { policy });
    expect(service.json).toEqual({ connectedDeviceCount: 1 });
    session[Symbol.dispose]();
    const later = await head.send("GET", "/statistics/service", { policy });
    expect(later.json).toEqual({ connectedDeviceCount: 0 });
  });
});
