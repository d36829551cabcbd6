import { describe, expect, test } from "vitest";
import { startTestHead } from "../../test-head.fixture.ts";

const inbox = "/devices/d1/messages/deviceBound";
const feedback = "/messages/serviceBound/feedback";
const policy = "service";

describe("a command sent over HTTPS", () => {
  test("waits for its device with everything that was said of it", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    const expiresAtMs = head.clock.now() + 60_000;
    const response = await head.send("POST", inbox, {
      policy,
      body: Buffer.from([0, 1, 0xff]),
      headers: {
        "iothub-messageid": "m1",
        "iothub-correlationid": "c1",
        "iothub-expiry": new Date(expiresAtMs).toISOString(),
        "iothub-ack": "Full",
        "iothub-app-Level": "high",
        "content-encoding": "utf-8",
      },
    });
    expect(response).toMatchObject({ status: 204, text: "" });
    const command = await head.hub.commands.receive({ deviceId: "d1" });
    expect(command).toMatchObject({
      ack: "full",
      expiresAtMs,
      message: {
        properties: { system: { messageId: "m1", correlationId: "c1", contentEncoding: "utf-8" } },
      },
    });
    expect(Buffer.from(command?.message.body ?? [])).toEqual(Buffer.from([0, 1, 0xff]));
    expect([...(command?.message.properties.application ?? [])]).toEqual([["Level", "high"]]);
  });

  test("needs a policy that may send, and a device", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    expect((await head.send("POST", inbox, { token, body: "x" })).status).toBe(401);
    expect((await head.send("POST", inbox, { policy: "device", body: "x" })).status).toBe(401);
    const missing = "/devices/d2/messages/devicebound";
    expect(await head.send("POST", missing, { policy, body: "x" })).toMatchObject({
      status: 404,
      headers: { "iothub-errorcode": "DeviceNotFound" },
    });
    expect(await head.hub.commands.count({ deviceId: "d1" })).toBe(0);
  });

  test("is refused when it is too large, expired, or one too many", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    const send = (body: string, headers: Record<string, string> = {}) =>
      head.send("POST", inbox, { policy, body, headers });
    expect((await send("x".repeat(65_537))).headers["iothub-errorcode"]).toBe("MessageTooLarge");
    const expired = { "iothub-expiry": new Date(head.clock.now()).toISOString() };
    expect(await send("x", expired)).toMatchObject({
      status: 403,
      headers: { "iothub-errorcode": "InvalidMessageExpiryTime" },
    });
    expect((await send("x", { "iothub-expiry": "soon" })).status).toBe(400);
    const { queueLengthMax } = head.hub.settings.commands;
    for (let i = 0; i < queueLengthMax; i++) expect((await send("x")).status).toBe(204);
    expect(await send("x")).toMatchObject({
      status: 403,
      headers: { "iothub-errorcode": "DeviceMaximumQueueDepthExceeded" },
    });
  });
});

describe("feedback over HTTPS", () => {
  test("tells what became of a command, once it is completed", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    expect(await head.send("GET", feedback, { policy })).toMatchObject({ status: 204, text: "" });
    const headers = { "iothub-messageid": "m1", "iothub-ack": "full" };
    await head.send("POST", inbox, { policy, body: "x", headers });
    const command = await head.hub.commands.receive({ deviceId: "d1" });
    await head.hub.commands.complete({ deviceId: "d1" }, command?.lockToken ?? "");

    const first = await head.send("GET", feedback, { policy });
    expect(first.status).toBe(200);
    expect(first.headers).toMatchObject({
      "content-type": "application/vnd.microsoft.iothub.feedback.json",
      etag: expect.stringMatching(/^"[0-9a-f-]{36}"$/) as string,
    });
    expect(JSON.parse(first.text)).toMatchObject([
      { originalMessageId: "m1", statusCode: "Success", deviceId: "d1" },
    ]);
    expect((await head.send("GET", feedback, { policy })).status).toBe(204);

    const lockToken = first.headers.etag?.replaceAll('"', "");
    const abandoned = await head.send("POST", `${feedback}/${lockToken}/abandon`, { policy });
    expect(abandoned).toMatchObject({ status: 204, text: "" });
    const second = await head.send("GET", "/messages/servicebound/feedback", { policy });
    expect(second.text).toBe(first.text);
    const path = `${feedback}/${second.headers.etag?.replaceAll('"', "")}`;
    expect((await head.send("DELETE", path, { policy })).status).toBe(204);
    for (const [method, lost] of [
      ["DELETE", path],
      ["POST", `${path}/abandon`],
    ] as const) {
      expect(await head.send(method, lost, { policy })).toMatchObject({
        status: 412,
        headers: { "iothub-errorcode": "DeviceMessageLockLost" },
      });
    }
  });

  test("is for back ends alone", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    expect((await head.send("GET", feedback, { token })).status).toBe(401);
    expect((await head.send("GET", feedback, { policy: "registryReadWrite" })).status).toBe(401);
  });
});
