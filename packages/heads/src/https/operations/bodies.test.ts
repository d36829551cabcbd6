import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { readToEnd, startTestHead } from "../test-head.fixture.ts";

const policy = "iothubowner";
const chunked = { "transfer-encoding": "chunked" };

describe("a JSON body", () => {
  test.each([
    ["cut short", '{"deviceId":'],
    ["with single quotes", "{'deviceId':'d1'}"],
    ["with a trailing comma", '{"deviceId":"d1",}'],
    ["of two values", "{}{}"],
    ["that is no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["of spaces", "   "],
  ])("%s is refused as unreadable, and not repeated", async (_, body) => {
    await using head = await startTestHead();
    expect(await head.send("PUT", "/devices/d1", { policy, body })).toMatchObject({
      status: 400,
      headers: { "iothub-errorcode": "DeserializationError" },
      json: { Message: "ErrorCode:DeserializationError;The body is not JSON in UTF-8" },
    });
  });

  test("that is missing is refused as such", async () => {
    await using head = await startTestHead();
    expect(await head.send("PUT", "/devices/d1", { policy })).toMatchObject({
      status: 400,
      headers: { "iothub-errorcode": "ArgumentNull" },
    });
  });

  test("may begin with a byte order mark, and say any type or none", async () => {
    await using head = await startTestHead();
    const types = [undefined, "application/json", "text/plain", "application/json; charset=utf-8"];
    for (const [i, type] of types.entries()) {
      const headers = type === undefined ? {} : { "content-type": type };
      const request = { policy, headers, body: '\uFEFF{"status":"disabled"}' };
      const { json } = await head.send("PUT", `/devices/d${i}`, request);
      expect(json).toMatchObject({ status: "disabled" });
    }
  });

  test("may come in chunks", async () => {
    await using head = await startTestHead();
    const request = { policy, headers: chunked, body: { status: "disabled" } };
    expect((await head.send("PUT", "/devices/d1", request)).json).toMatchObject({
      status: "disabled",
    });
  });

  test("may be waited for with Expect: 100-continue", async () => {
    await using head = await startTestHead();
    const text = await head.exchange(
      "PUT /devices/d1?api-version=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" +
        `Authorization: ${head.policyToken(policy)}\r\nExpect: 100-continue\r\n` +
        "Content-Length: 2\r\n\r\n{}",
    );
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  });
});

describe("a body that is too large", () => {
  const limits = { identityBytesMax: 100, telemetryBytesMax: 200, unwantedBytesMax: 10_000 };
  const identityOf = (bytes: number) => `{"deviceId":"d1"${" ".repeat(bytes - 17)}}`;

  test.each([
    ["with its length said before", {}],
    ["in chunks", chunked],
  ])("is refused %s, and one that just fits is not", async (_, headers) => {
    await using head = await startTestHead({ limits });
    const put = (bytes: number) =>
      head.send("PUT", "/devices/d1", { policy, headers, body: identityOf(bytes) });
    expect(await put(101)).toMatchObject({
      status: 413,
      headers: { "iothub-errorcode": "GenericRequestEntityTooLarge" },
    });
    expect((await put(100)).status).toBe(200);
  });

  test.each([
    ["with its length said before", {}],
    ["in chunks", chunked],
  ])("is refused as a message too large when it is telemetry, %s", async (_, headers) => {
    await using head = await startTestHead({ limits });
    const { token } = await head.createDevice("d1");
    const post = (bytes: number) =>
      head.send("POST", "/devices/d1/messages/events", {
        token,
        headers,
        body: Buffer.alloc(bytes),
      });
    expect(await post(201)).toMatchObject({
      status: 413,
      headers: { "iothub-errorcode": "MessageTooLarge" },
    });
    expect(await head.events()).toEqual([]);
    expect((await post(200)).status).toBe(204);
  });

  test("is read to its end when that is near, and the connection goes on", async () => {
    await using head = await startTestHead({ limits });
    const authorization = `Authorization: ${head.policyToken(policy)}\r\n`;
    const text = await head.exchange(
      `PUT /devices/d1?api-version=1 HTTP/1.1\r\nHost: h\r\n${authorization}` +
        `Content-Length: 9000\r\n\r\n${"x".repeat(9000)}` +
        `GET /devices?api-version=1 HTTP/1.1\r\nHost: h\r\n${authorization}Connection: close\r\n\r\n`,
    );
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 200"]);
  });

  test.each([
    ["with its length said before", "Content-Length: 1000000"],
    ["in chunks", "Transfer-Encoding: chunked"],
  ])("ends the connection after the answer when it is far, %s", async (_, header) => {
    await using head = await startTestHead({ limits });
    const chunk = header.startsWith("T")
      ? `20000\r\n${"x".repeat(0x20000)}\r\n`
      : "x".repeat(20_000);
    const text = await head.exchange(
      `PUT /devices/d1?api-version=1 HTTP/1.1\r\nHost: h\r\n` +
        `Authorization: ${head.policyToken(policy)}\r\n${header}\r\n\r\n${chunk}`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toMatch(/^connection: close\r$/im);
  });

  const long = (bytes: number, sent = bytes) =>
    `PUT /devices/d1?api-version=1 HTTP/1.1\r\nHost: h\r\n` +
    `Content-Length: ${bytes}\r\n\r\n${"x".repeat(sent)}`;

  test("is answered to a client that sends all of it before it listens", async () => {
    await using head = await startTestHead({ limits });
    const socket = await head.connect();
    socket.pause();
    await new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      // More than sockets hold on their own.
      socket.write(long(32_000_000), () => resolve());
    });
    socket.resume();
    expect(await readToEnd(socket)).toMatch(/^HTTP\/1\.1 401 /);
  });

  test("is not read for long when the client goes on and on", async () => {
    await using head = await startTestHead({ limits: { ...limits, lingerMsMax: 500 } });
    const socket = connect({ port: head.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    socket.write(long(32_000_000, 20_000));
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 401 /);
    await once(socket, "end");
    socket.write("x".repeat(20_000));
    expect(socket.writable).toBe(true);
    await head.clock.advance(500);
    await expect.poll(() => socket.write("x") && socket.writable).toBe(false);
  });

  test("is no fault of ours when the client breaks off over its answer", async () => {
    await using head = await startTestHead({ limits });
    const socket = await head.connect();
    socket.write(long(32_000_000, 20_000));
    await once(socket, "data");
    socket.resetAndDestroy();
    const messages = () => head.logged.map(({ message }) => message);
    await expect.poll(messages, { timeout: 5000 }).toContain("request answered");
  });

  test("is answered without a body to who asks for none", async () => {
    await using head = await startTestHead({ limits });
    const text = await head.exchange(long(32_000_000, 20_000).replace("PUT", "HEAD"));
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d [^]*\r\n\r\n$/);
  });

  test("of a stranger is not even looked at", async () => {
    await using head = await startTestHead({ limits });
    const response = await head.send("PUT", "/devices/d1", { body: identityOf(5000) });
    expect(response.status).toBe(401);
  });
});
