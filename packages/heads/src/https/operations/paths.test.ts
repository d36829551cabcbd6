import { describe, expect, test } from "vitest";
import { startTestHead } from "../test-head.fixture.ts";

const policy = "iothubowner";

describe("a path", () => {
  test.each([
    "/devices/d1",
    "/devices/d1/",
    "//devices/d1",
    "/devices//d1",
    "/DEVICES/d1",
    "/devices%2Fd1",
    "/devices%2fd1",
    "/%64evices/%64%31",
    "http://localhost/devices/d1",
  ])("is understood as %s", async (path) => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    expect((await head.send("GET", path, { policy })).json).toMatchObject({ deviceId: "d1" });
  });

  test.each(["/", "//", "/device/d1", "/devices/d1/more", "/$iothub", "/statistics", "*"])(
    "that nobody knows, such as %s, is answered with 404, with and without a token",
    async (path) => {
      await using head = await startTestHead();
      for (const request of [{ policy }, {}]) {
        expect(await head.send("GET", path, request)).toMatchObject({
          status: 404,
          headers: { "iothub-errorcode": "GenericNotFound" },
          json: { Message: "ErrorCode:GenericNotFound;No such path" },
        });
      }
    },
  );

  test("may hold characters that are not escapes in the id", async () => {
    await using head = await startTestHead();
    await head.createDevice("100%:@$'+=,;!");
    const { json } = await head.send("GET", "/devices/100%:@$'+=,;!", { policy });
    expect(json).toMatchObject({ deviceId: "100%:@$'+=,;!" });
  });
});

describe("an id that was encoded twice", () => {
  test("is found when the one decoded once is not", async () => {
    await using head = await startTestHead();
    await head.createDevice("d:1");
    const { json } = await head.send("GET", "/devices%2Fd%253A1", { policy });
    expect(json).toMatchObject({ deviceId: "d:1" });
  });

  test("does not hide a device that really has that id", async () => {
    await using head = await startTestHead();
    await head.createDevice("d:1");
    await head.createDevice("d%3A1");
    const { json } = await head.send("GET", "/devices/d%253A1", { policy });
    expect(json).toMatchObject({ deviceId: "d%3A1" });
  });

  test("is told from the other by the body when a device is created", async () => {
    await using head = await startTestHead();
    const put = (deviceId: string) =>
      head.send("PUT", "/devices/d%253A1", { policy, body: { deviceId } });
    expect((await put("d:1")).json).toMatchObject({ deviceId: "d:1" });
    expect((await put("d%3A1")).json).toMatchObject({ deviceId: "d%3A1" });
    expect((await put("d1")).status).toBe(400);
  });

  test("is authorised as what it turns out to be", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d:1");
    await head.createDevice("d%3A1");
    const send = (path: string) => head.send("POST", path, { token, body: "x" });
    expect((await send("/devices/d%253A1/messages/events")).status).toBe(204);
    expect(await head.events()).toMatchObject([{ deviceId: "d:1" }]);
    const other = head.policyToken("registryRead", "localhost/devices/d:1");
    const read = await head.send("GET", "/devices/d%253A1", { token: other });
    expect(read.json).toMatchObject({ deviceId: "d:1" });
  });

  test("that is unknown both ways is reported as it came", async () => {
    await using head = await startTestHead();
    expect(await head.send("GET", "/devices/d%253A1", { policy })).toMatchObject({
      status: 404,
      json: { Message: "ErrorCode:DeviceNotFound;Device 'd%3A1' is not registered." },
    });
  });
});

describe("the api-version", () => {
  test.each(["", "?", "?api-version", "?api-version=", "?top=1"])(
    "is required: %j lacks it",
    async (query) => {
      await using head = await startTestHead();
      const target = `/devices${query === "" ? "?" : query}`;
      expect(await head.send("GET", target, { policy })).toMatchObject({
        status: 400,
        headers: { "iothub-errorcode": "InvalidProtocolVersion" },
      });
    },
  );

  test.each(["2016-02-03", "2030-01-01-preview", "anything", "%zz"])(
    "may be %s",
    async (version) => {
      await using head = await startTestHead();
      const target = `/devices?api-version=${version}`;
      expect((await head.send("GET", target, { policy })).status).toBe(200);
    },
  );
});

describe("a method", () => {
  test.each([
    ["PATCH", "/devices/d1", "GET, PUT, DELETE"],
    ["POST", "/devices/d1", "GET, PUT, DELETE"],
    ["HEAD", "/devices/d1", "GET, PUT, DELETE"],
    ["OPTIONS", "/devices/d1", "GET, PUT, DELETE"],
    ["PROPFIND", "/devices/d1", "GET, PUT, DELETE"],
    ["DELETE", "/statistics/devices", "GET"],
    ["GET", "/devices/d1/messages/events", "POST"],
  ])("%s is refused on %s, naming those that are not", async (method, path, allow) => {
    await using head = await startTestHead();
    const response = await head.send(method, path, { policy });
    expect(response.status).toBe(405);
    expect(response.headers.allow?.split(", ").toSorted()).toEqual(allow.split(", ").toSorted());
    expect(response.headers["iothub-errorcode"]).toBe("GenericMethodNotAllowed");
  });

  test.each(["PUT", "put", " Put "])("may be overridden in a POST: %j", async (override) => {
    await using head = await startTestHead();
    const headers = { "x-http-method-override": override };
    const response = await head.send("POST", "/devices/d1", { policy, headers, body: {} });
    expect(response.json).toMatchObject({ deviceId: "d1" });
  });

  test("that is overridden needs the right of the one it becomes", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    const headers = { "x-http-method-override": "DELETE" };
    const response = await head.send("POST", "/devices/d1", { policy: "registryRead", headers });
    expect(response.status).toBe(401);
  });

  test.each(["PATCH", "BREW", ""])("is refused when overridden with %j", async (override) => {
    await using head = await startTestHead();
    const headers = { "x-http-method-override": override };
    expect((await head.send("POST", "/devices/d1", { policy, headers })).status).toBe(405);
  });

  test("is not overridden in anything but a POST", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    const headers = { "x-http-method-override": "DELETE" };
    expect((await head.send("GET", "/devices/d1", { policy, headers })).status).toBe(200);
  });
});
