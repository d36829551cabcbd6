import { NO_PROPERTIES, messageProperties } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { type TestHead, type TestResponse, startTestHead } from "../../test-head.fixture.ts";

const inbox = "/devices/d1/messages/devicebound";
const version = "api-version=2021-04-12";

async function sendCommand(head: TestHead, body: string, moduleId?: string): Promise<void> {
  const message = { properties: NO_PROPERTIES, body: Buffer.from(body) };
  await head.hub.commands.send({ key: { deviceId: "d1", moduleId }, message, ack: "full" });
}

/** Without its quotes. */
function lockTokenOf({ headers }: TestResponse): string {
  return /^"([0-9a-f-]{36})"$/.exec(headers.etag ?? "")?.[1] ?? "no lock token";
}

async function outcomes(head: TestHead): Promise<string[]> {
  const batch = await head.hub.feedback.receive();
  return batch?.records.map((record) => record.outcome) ?? [];
}

describe("a command received over HTTPS", () => {
  test("comes with its body as it is and everything that is known of it", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const enqueuedAtMs = head.clock.now();
    const properties = messageProperties(
      {
        messageId: "m1",
        correlationId: "c1",
        userId: "u1",
        contentType: "application/json",
        contentEncoding: "utf-8",
        expiresAtMs: enqueuedAtMs + 60_000,
      },
      new Map([["Level", "high"]]),
    );
    const body = Buffer.from([0, 1, 0xff]);
    const message = { properties, body };
    await head.hub.commands.send({ key: { deviceId: "d1" }, message, ack: "positive" });
    const received = await head.send("GET", inbox, { token });
    expect(received.status).toBe(200);
    expect(received.text).toBe(body.toString("utf8"));
    expect(received.headers).toMatchObject({
      "content-type": "application/octet-stream",
      "content-length": "3",
      etag: expect.stringMatching(/^"[0-9a-f-]{36}"$/) as string,
      "iothub-messageid": "m1",
      "iothub-correlationid": "c1",
      "iothub-userid": "u1",
      "iothub-to": inbox,
      "iothub-expiry": new Date(enqueuedAtMs + 60_000).toISOString(),
      "iothub-ack": "positive",
      "iothub-sequencenumber": "1",
      "iothub-enqueuedtime": new Date(enqueuedAtMs).toISOString(),
      "iothub-deliverycount": "0",
      contenttype: "application/json",
      "iothub-contenttype": "application/json",
      contentencoding: "utf-8",
      "iothub-contentencoding": "utf-8",
      "iothub-app-level": "high",
    });
  });

  test("may have properties that no header can hold", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const application = new Map([
      ["käse (de)", "Käse €"],
      ["lines", "one\r\niothub-to: elsewhere"],
    ]);
    const message = { properties: messageProperties({}, application), body: Buffer.from("x") };
    await head.hub.commands.send({ key: { deviceId: "d1" }, message, ack: "none" });
    const { status, headers } = await head.send("GET", inbox, { token });
    expect(status).toBe(200);
    expect(headers["iothub-app-lines"]).toBe("one  iothub-to: elsewhere");
    const name = headers["iothub-app-k%c3%a4se%20%28de%29"]?.toString() ?? "";
    expect(Buffer.from(name, "latin1").toString("utf8")).toBe("Käse €");
    expect(headers).not.toHaveProperty("iothub-ack");
  });

  test("is not there when the queue is empty, nor while somebody holds it", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    expect(await head.send("GET", inbox, { token })).toMatchObject({ status: 204, text: "" });
    await sendCommand(head, "one");
    expect((await head.send("GET", inbox, { token })).text).toBe("one");
    expect((await head.send("GET", inbox, { token })).status).toBe(204);
  });

  test.each([
    { name: "the hub's own duration", target: inbox, headers: {}, seconds: 60 },
    {
      name: "a header",
      target: inbox,
      headers: { "IotHub-MessageLockTimeout": "180" },
      seconds: 180,
    },
    {
      name: "the query",
      target: `${inbox}?${version}&iothub-messagelocktimeout=10`,
      headers: {},
      seconds: 10,
    },
    {
      name: "no more than five minutes",
      target: inbox,
      headers: { "iothub-messagelocktimeout": "1e9" },
      seconds: 300,
    },
    {
      name: "the hub's own duration instead of nonsense",
      target: inbox,
      headers: { "iothub-messagelocktimeout": "soon" },
      seconds: 60,
    },
  ])("is locked for $name", async ({ target, headers, seconds }) => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    await sendCommand(head, "one");
    const { text } = await head.send("GET", target, { token, headers });
    expect(text).toBe("one");
    await head.clock.advance(seconds * 1000 - 1);
    const fresh = head.sign((await keyOf(head)) ?? "", "localhost/devices/d1");
    expect((await head.send("GET", inbox, { token: fresh })).status).toBe(204);
    await head.clock.advance(1);
    expect((await head.send("GET", inbox, { token: fresh })).text).toBe("one");
  });

  test("belongs to its device alone", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    const { token } = await head.createDevice("d2");
    await sendCommand(head, "one");
    expect((await head.send("GET", inbox, { token })).status).toBe(401);
    expect((await head.send("GET", inbox, { policy: "service" })).status).toBe(401);
    expect((await head.send("GET", inbox)).status).toBe(401);
    expect(await head.hub.commands.receive({ deviceId: "d1" })).toBeDefined();
  });
});

async function keyOf(head: TestHead): Promise<string | undefined> {
  const { authentication } = (await head.hub.devices.get("d1")).device;
  return authentication.type === "sas" ? authentication.primaryKey : undefined;
}

describe("a command held over HTTPS", () => {
  async function hold(): Promise<{ head: TestHead; token: string; lockToken: string }> {
    const head = await startTestHead();
    const { token } = await head.createDevice("d1");
    await sendCommand(head, "one");
    return { head, token, lockToken: lockTokenOf(await head.send("GET", inbox, { token })) };
  }

  test.each([
    { name: "the token unquoted", headers: (lock: string) => ({ "If-Match": lock }) },
    { name: "the token in quotes", headers: (lock: string) => ({ "If-Match": `"${lock}"` }) },
    { name: "a header of another name", headers: (lock: string) => ({ IfMatch: lock }) },
    { name: "no header", headers: () => ({}) },
  ])("is completed with $name", async ({ headers }) => {
    const { head, token, lockToken } = await hold();
    await using _ = head;
    const request = { token, headers: headers(lockToken) };
    const response = await head.send("DELETE", `${inbox}/${lockToken}`, request);
    expect(response).toMatchObject({ status: 204, text: "" });
    expect(await outcomes(head)).toEqual(["Success"]);
    expect(await head.hub.commands.count({ deviceId: "d1" })).toBe(0);
  });

  test.each([
    `reject&${version}`,
    `reject=&${version}`,
    `${version}&reject=true`,
    `${version}&%3Freject=true`,
  ])("is rejected by the query %s", async (query) => {
    const { head, token, lockToken } = await hold();
    await using _ = head;
    const path = `/devices/d1/messages/deviceBound/${lockToken}/`;
    expect((await head.send("DELETE", `${path}?${query}`, { token })).status).toBe(204);
    expect(await outcomes(head)).toEqual(["Rejected"]);
  });

  test("comes back when it is abandoned, one delivery older", async () => {
    const { head, token, lockToken } = await hold();
    await using _ = head;
    const path = `/devices/d1/messages/deviceBound/${lockToken}/abandon`;
    const abandoned = await head.send("POST", path, { token, body: Buffer.from([0]) });
    expect(abandoned).toMatchObject({ status: 204, text: "" });
    const again = await head.send("GET", inbox, { token });
    expect(again).toMatchObject({ text: "one", headers: { "iothub-deliverycount": "1" } });
    expect(lockTokenOf(again)).not.toBe(lockToken);
  });

  test("is lost with its lock", async () => {
    const { head, token, lockToken } = await hold();
    await using _ = head;
    await head.clock.advance(60_000);
    const fresh = head.sign((await keyOf(head)) ?? "", "localhost/devices/d1");
    for (const [method, path] of [
      ["DELETE", `${inbox}/${lockToken}`],
      ["DELETE", `${inbox}/unheard-of?reject&${version}`],
      ["POST", `${inbox}/${lockToken}/abandon`],
    ] as const) {
      expect(await head.send(method, path, { token: fresh })).toMatchObject({
        status: 412,
        headers: { "iothub-errorcode": "DeviceMessageLockLost" },
      });
    }
    expect(await head.hub.commands.count({ deviceId: "d1" })).toBe(1);
    expect(token).not.toBe(fresh);
  });

  test("cannot be settled by another device", async () => {
    const { head, lockToken } = await hold();
    await using _ = head;
    const { token } = await head.createDevice("d2");
    const own = `/devices/d2/messages/devicebound/${lockToken}`;
    expect((await head.send("DELETE", own, { token })).status).toBe(412);
    expect((await head.send("DELETE", `${inbox}/${lockToken}`, { token })).status).toBe(401);
    expect(await head.hub.commands.count({ deviceId: "d1" })).toBe(1);
  });
});

describe("a module over HTTPS", () => {
  async function createModule(head: TestHead): Promise<string> {
    await head.createDevice("d1");
    const key = { deviceId: "d1", moduleId: "m1" };
    const { authentication } = (await head.hub.modules.create(key)).module;
    const primaryKey = authentication.type === "sas" ? authentication.primaryKey : "";
    return head.sign(primaryKey, "localhost/devices/d1/modules/m1");
  }

  const ofModule = "/devices/d1/modules/m1/messages";

  test("sends telemetry in its own name", async () => {
    await using head = await startTestHead();
    const token = await createModule(head);
    const response = await head.send("POST", `${ofModule}/events`, { token, body: "hello" });
    expect(response.status).toBe(204);
    expect(await head.events()).toMatchObject([{ deviceId: "d1", moduleId: "m1", body: "hello" }]);
  });

  test("receives and settles its own commands", async () => {
    await using head = await startTestHead();
    const token = await createModule(head);
    await sendCommand(head, "for the device");
    for (const body of ["one", "two"]) await sendCommand(head, body, "m1");
    const first = await head.send("GET", `${ofModule}/devicebound`, { token });
    expect(first).toMatchObject({
      text: "one",
      headers: { "iothub-to": `${ofModule}/devicebound` },
    });
    const held = `${ofModule}/devicebound/${lockTokenOf(first)}`;
    expect((await head.send("POST", `${held}/abandon`, { token })).status).toBe(204);
    for (const body of ["one", "two"]) {
      const next = await head.send("GET", `${ofModule}/devicebound`, { token });
      expect(next.text).toBe(body);
      const path = `${ofModule}/devicebound/${lockTokenOf(next)}`;
      expect((await head.send("DELETE", path, { token })).status).toBe(204);
    }
    expect((await head.send("GET", `${ofModule}/devicebound`, { token })).status).toBe(204);
    expect(await head.hub.commands.count({ deviceId: "d1" })).toBe(1);
  });

  test("is told nothing of its device, nor of modules that do not exist", async () => {
    await using head = await startTestHead();
    const token = await createModule(head);
    expect((await head.send("GET", inbox, { token })).status).toBe(401);
    const missing = "/devices/d1/modules/m2/messages/devicebound";
    expect((await head.send("GET", missing, { token })).status).toBe(401);
    expect(await head.send("GET", missing, { policy: "device" })).toMatchObject({
      status: 404,
      headers: { "iothub-errorcode": "ModuleNotFound" },
    });
  });
});
