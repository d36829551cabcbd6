import { HubError } from "@larimar/domain";
import { createTestHub, settle, openTestSession } from "@larimar/domain/fixtures";
import { describe, expect, test } from "vitest";
import { startTestHead } from "../../test-head.fixture.ts";

const events = "/devices/d1/messages/events";
const batch = { "content-type": "application/vnd.microsoft.iothub.json; charset=utf-8" };

describe("telemetry over HTTPS", () => {
  test("reaches the event log with its properties and the device it came from", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const response = await head.send("POST", events, {
      token,
      body: "hello",
      headers: {
        "content-type": "application/octet-stream",
        "IoTHub-MessageId": "m1",
        "iothub-to": events,
        "iothub-app-Level": "high",
        "iothub-connection-device-id": "somebody-else",
      },
    });
    expect(response).toMatchObject({ status: 204, text: "" });
    expect(await head.events()).toEqual([
      {
        source: "Telemetry",
        deviceId: "d1",
        system: { messageId: "m1", to: events },
        application: { Level: "high" },
        body: "hello",
      },
    ]);
  });

  test("may have an empty body", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    expect((await head.send("POST", `${events}/`, { token })).status).toBe(204);
    expect(await head.events()).toMatchObject([{ body: "" }]);
  });

  test("keeps properties written in UTF-8", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const headers = { "iothub-app-name": Buffer.from("Käse €").toString("latin1") };
    await head.send("POST", events, { token, headers });
    expect(await head.events()).toMatchObject([{ application: { name: "Käse €" } }]);
  });

  test("keeps every property, however many there are", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const names = Array.from({ length: 2500 }, (_, i) => `k${i}`);
    const headers = Object.fromEntries(names.map((name) => [`iothub-app-${name}`, "v"]));
    expect((await head.send("POST", events, { token, headers })).status).toBe(204);
    const [event] = await head.events();
    expect(Object.keys(event?.["application"] ?? {})).toEqual(names);
  });

  test("is acknowledged once it is on disk, and not before", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    head.testHub.eventLog.hold();
    let isAnswered = false;
    const sending = head.send("POST", events, { token, body: "x" }).then((response) => {
      isAnswered = true;
      return response;
    });
    // Another client's whole exchange takes longer than an answer too early would have.
    await head.send("GET", "/devices", { policy: "iothubowner" });
    expect(isAnswered).toBe(false);
    head.testHub.eventLog.release();
    expect((await sending).status).toBe(204);
  });

  test("is refused with 503 and a time to come back when the disk takes no more", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    head.testHub.eventLog.isBroken = true;
    expect(await head.send("POST", events, { token, body: "x" })).toMatchObject({
      status: 503,
      headers: { "retry-after": "5", "iothub-errorcode": "ServiceUnavailable" },
    });
  });

  test("waits while the disk is behind", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    head.testHub.eventLog.isCongested = true;
    const sending = head.send("POST", events, { token, body: "x" });
    await head.send("GET", "/devices", { policy: "iothubowner" });
    await settle();
    expect(await head.events()).toEqual([]);
    head.testHub.eventLog.isCongested = false;
    expect((await sending).status).toBe(204);
    expect(await head.events()).toHaveLength(1);
  });

  test("that the device gave up on while the disk was behind is not stored", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    head.testHub.eventLog.isCongested = true;
    const socket = await head.connect();
    socket.write(
      `POST ${events}?api-version=1 HTTP/1.1\r\nHost: h\r\nAuthorization: ${token}\r\n` +
        "Content-Length: 1\r\n\r\nx",
    );
    await head.send("GET", "/devices", { policy: "iothubowner" });
    socket.destroy();
    await head.send("GET", "/devices", { policy: "iothubowner" });
    head.testHub.eventLog.isCongested = false;
    const { token: later } = await head.createDevice("d2");
    await head.send("POST", "/devices/d2/messages/events", { token: later, body: "y" });
    expect(await head.events()).toMatchObject([{ deviceId: "d2" }]);
  });

  test("does not take over the device's live connection", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    let isClosed = false;
    openTestSession(
      head.hub,
      { deviceId: "d1" },
      {
        close: () => {
          isClosed = true;
        },
      },
    );
    expect((await head.send("POST", events, { token, body: "x" })).status).toBe(204);
    expect(isClosed).toBe(false);
  });

  test("stays in order when a device does not wait for answers", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const bodies = Array.from({ length: 50 }, (_, i) => String(i).padStart(2, "0"));
    const requests = bodies.map(
      (body, i) =>
        `POST ${events}?api-version=1 HTTP/1.1\r\nHost: h\r\nAuthorization: ${token}\r\n` +
        `${i === 49 ? "Connection: close\r\n" : ""}Content-Length: 2\r\n\r\n${body}`,
    );
    const text = await head.exchange(requests.join(""));
    expect(text.match(/^HTTP\/1\.1 204 /gm)).toHaveLength(50);
    expect((await head.events()).map((event) => event["body"])).toEqual(bodies);
  });

  test.each([
    ["with an expiry that is no date", { "iothub-expiry": "soon" }],
    ["with a property that has no name", { "iothub-app-": "v" }],
  ])("is refused %s", async (_, headers) => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    expect(await head.send("POST", events, { token, headers, body: "x" })).toMatchObject({
      status: 400,
      headers: { "iothub-errorcode": "ArgumentInvalid" },
    });
    expect(await head.events()).toEqual([]);
  });

  test("is too large when body and properties together are", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const send = (value: string) =>
      head.send("POST", events, {
        token,
        headers: { "iothub-app-k": value },
        body: Buffer.alloc(262_144 - 3, "x"),
      });
    expect((await send("abc")).status).toBe(413);
    expect((await send("ab")).status).toBe(204);
  });
});

describe("a batch of telemetry over HTTPS", () => {
  test("becomes one event for each element, in order", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const body = JSON.stringify([
      { body: "Zmlyc3Q=", properties: { "iothub-app-k": "v", "iothub-messageid": "m" } },
      { body: "second", base64Encoded: false },
    ]);
    expect((await head.send("POST", events, { token, headers: batch, body })).status).toBe(204);
    expect(await head.events()).toMatchObject([
      { body: "first", application: { k: "v" }, system: { messageId: "m" } },
      { body: "second", application: {}, system: {} },
    ]);
  });

  test("may be empty, and stores nothing then", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const response = await head.send("POST", events, { token, headers: batch, body: "[]" });
    expect(response.status).toBe(204);
    expect(await head.events()).toEqual([]);
  });

  test.each([
    ["is not JSON", '[{"body":"a"b"}]', "DeserializationError"],
    ["is missing", "", "ArgumentNull"],
    ["is no array", "{}", "ArgumentInvalid"],
    ["has one element without a body", '[{"body":"YQ=="},{}]', "ArgumentInvalid"],
    ["has one element that is not base64", '[{"body":"YQ=="},{"body":"?"}]', "ArgumentInvalid"],
  ])("that %s fails as a whole", async (_, body, name) => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    expect(await head.send("POST", events, { token, headers: batch, body })).toMatchObject({
      status: 400,
      headers: { "iothub-errorcode": name },
    });
    expect(await head.events()).toEqual([]);
  });
});

describe("a hub that fails", () => {
  test("is answered for with 500, and its reason stays in the log", async () => {
    const testHub = createTestHub();
    await using head = await startTestHead({ testHub });
    const { token } = await head.createDevice("d1");
    testHub.eventLog.append = () => Promise.reject(new Error("the secret of the disk"));
    const response = await head.send("POST", events, { token, body: "x" });
    expect(response).toMatchObject({
      status: 500,
      headers: { "iothub-errorcode": "ServerError" },
      json: { Message: "ErrorCode:ServerError;Something went wrong on the server" },
    });
    const requestId = response.headers["x-ms-request-id"];
    expect(head.logged).toContainEqual({
      level: "error",
      message: "request failed",
      fields: { requestId, path: events, err: new Error("the secret of the disk") },
    });
  });

  test("by refusing is no matter for the log of errors", async () => {
    const testHub = createTestHub();
    await using head = await startTestHead({ testHub });
    const { token } = await head.createDevice("d1");
    testHub.eventLog.append = () => Promise.reject(new HubError("EventLogUnavailable", "full"));
    expect((await head.send("POST", events, { token, body: "x" })).status).toBe(503);
    expect(head.logged.filter((entry) => entry.level === "error")).toEqual([]);
  });
});
