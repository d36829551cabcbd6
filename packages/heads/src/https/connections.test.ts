import { once } from "node:events";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { settle } from "@larimar/domain/fixtures";
import { describe, expect, test } from "vitest";
import { DEFAULT_HTTPS_LIMITS } from "./https-limits.ts";
import { type TestHead, readToEnd, startTestHead } from "./test-head.fixture.ts";

const policy = "iothubowner";

interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

function rawRequest(head: TestHead, { method, path, headers, body }: RawRequest = {}): string {
  const lines = [
    `${method ?? "GET"} ${path ?? "/devices"}?api-version=1 HTTP/1.1`,
    "Host: localhost",
    `Authorization: ${head.policyToken(policy)}`,
    ...(body === undefined ? [] : [`Content-Length: ${body.length}`]),
    ...(headers ?? []),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body ?? ""}`;
}

const statusesOf = (text: string) => text.match(/(?<=HTTP\/1\.1 )\d+/g);

/** Resolves once the server has answered the other connection, and so has seen whatever came before. */
async function expectUndisturbed(head: TestHead): Promise<void> {
  expect((await head.send("GET", "/devices", { policy })).status).toBe(200);
}

async function readAnswer(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, "data")) as [Buffer];
  return chunk.toString("latin1");
}

describe("a connection", () => {
  test("serves request after request", async () => {
    await using head = await startTestHead();
    const socket = await head.connect();
    for (let i = 0; i < 3; i++) {
      socket.write(rawRequest(head));
      expect(statusesOf(await readAnswer(socket))).toEqual(["200"]);
    }
    socket.destroy();
  });

  test("performs pipelined requests in turn, each after the one before has had its effect", async () => {
    await using head = await startTestHead();
    const path = "/devices/d1";
    const text = await head.exchange(
      rawRequest(head, { path }) +
        rawRequest(head, { method: "PUT", path, body: "{}" }) +
        rawRequest(head, { path }) +
        rawRequest(head, { method: "DELETE", path }) +
        rawRequest(head, { path, headers: ["Connection: close"] }),
    );
    expect(statusesOf(text)).toEqual(["404", "200", "200", "204", "404"]);
  });

  test("is closed when more requests wait than may, and no other is", async () => {
    await using head = await startTestHead({ limits: { pipelinedRequestsMax: 4 } });
    await head.createDevice("d1");
    head.testHub.eventLog.hold();
    const post = { method: "POST", path: "/devices/d1/messages/events", body: "x" };
    const socket = await head.connect();
    const ended = readToEnd(socket);
    socket.write(rawRequest(head, post).repeat(4));
    await expectUndisturbed(head);
    expect(socket.closed).toBe(false);
    socket.write(rawRequest(head, post));
    expect(await ended).toBe("");
    await expectUndisturbed(head);
    head.testHub.eventLog.release();
  });

  test("is not worked for while the client does not take its answers", async () => {
    await using head = await startTestHead();
    for (let i = 0; i < 300; i++) await head.createDevice(`d${i}`);
    const socket = await head.connect();
    socket.pause();
    const put = {
      method: "PUT",
      path: "/devices/last",
      body: "{}",
      headers: ["Connection: close"],
    };
    // More than sockets hold on their own.
    socket.write(rawRequest(head).repeat(80) + rawRequest(head, put));
    const isCreated = async () =>
      (await head.send("GET", "/devices/last", { policy })).status === 200;
    for (let i = 0; i < 20; i++) expect(await isCreated()).toBe(false);
    socket.resume();
    await readToEnd(socket);
    expect(await isCreated()).toBe(true);
  });

  test("that is gone is not worked for any more", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    head.testHub.eventLog.hold();
    const socket = await head.connect();
    socket.write(
      rawRequest(head, { method: "POST", path: "/devices/d1/messages/events", body: "x" }) +
        rawRequest(head, { method: "DELETE", path: "/devices/d1" }),
    );
    await expectUndisturbed(head);
    socket.resetAndDestroy();
    await expectUndisturbed(head);
    head.testHub.eventLog.release();
    await expectUndisturbed(head);
    expect((await head.send("GET", "/devices/d1", { policy })).status).toBe(200);
  });

  test("may speak HTTP/1.0, without a Host", async () => {
    await using head = await startTestHead();
    const token = head.policyToken(policy);
    const text = await head.exchange(
      `GET /devices?api-version=1 HTTP/1.0\r\nAuthorization: ${token}\r\n\r\n`,
    );
    expect(statusesOf(text)).toEqual(["200"]);
  });

  test("is kept between requests for as long as a direct method may take", () => {
    expect(DEFAULT_HTTPS_LIMITS.keepAliveTimeoutMs).toBeGreaterThanOrEqual(330_000);
    expect(DEFAULT_HTTPS_LIMITS.silenceTimeoutMs).toBeGreaterThanOrEqual(600_000);
  });

  test("ends when nothing more comes over it", async () => {
    await using head = await startTestHead({ limits: { keepAliveTimeoutMs: 20 } });
    expect(statusesOf(await head.exchange(rawRequest(head)))).toEqual(["200"]);
  });

  test("that is lost in the middle of a body disturbs nobody", async () => {
    await using head = await startTestHead();
    const socket = await head.connect();
    const headers = ["Content-Length: 10"];
    socket.write(`${rawRequest(head, { method: "PUT", path: "/devices/d1", headers })}{"de`);
    await expectUndisturbed(head);
    socket.destroy();
    await expectUndisturbed(head);
    expect(head.logged.filter((entry) => entry.level === "error")).toEqual([]);
  });

  test("that is lost while its request is worked on disturbs nobody", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    head.testHub.eventLog.hold();
    const socket = await head.connect();
    socket.write(
      rawRequest(head, { method: "POST", path: "/devices/d1/messages/events", body: "x" }),
    );
    await expectUndisturbed(head);
    socket.resetAndDestroy();
    await expectUndisturbed(head);
    head.testHub.eventLog.release();
    await expectUndisturbed(head);
    expect(head.logged.filter((entry) => entry.level === "error")).toEqual([]);
  });
});

describe("a client that is too slow", () => {
  const limits = { headersTimeoutMs: 250, requestTimeoutMs: 500, timeoutCheckIntervalMs: 25 };

  test.each([
    ["says nothing", ""],
    ["stops in the request line", "GET /dev"],
    ["stops in the headers", "GET /devices HTTP/1.1\r\nHost: localhost\r\nX-"],
  ])("is sent 408 and away when it %s", async (_, text) => {
    await using head = await startTestHead({ limits });
    expect(statusesOf(await head.exchange(text))).toEqual(["408"]);
    await expectUndisturbed(head);
  });

  test("is sent 408 and away when it stops in the body", async () => {
    await using head = await startTestHead({ limits });
    const request = { method: "PUT", path: "/devices/d1", headers: ["Content-Length: 10"] };
    expect(statusesOf(await head.exchange(`${rawRequest(head, request)}{}`))).toEqual(["408"]);
    await expectUndisturbed(head);
    expect((await head.send("GET", "/devices/d1", { policy })).status).toBe(404);
  });

  test("is told nothing else when it is a stranger", async () => {
    await using head = await startTestHead({ limits });
    const text =
      "PUT /devices/d1?api-version=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{}";
    expect(statusesOf(await head.exchange(text))).toEqual(["408"]);
  });

  test("loses its connection when nothing moves on it for longer than anything takes", async () => {
    await using head = await startTestHead({ limits: { silenceTimeoutMs: 50 } });
    await head.createDevice("d1");
    head.testHub.eventLog.hold();
    const post = { method: "POST", path: "/devices/d1/messages/events", body: "x" };
    expect(await head.exchange(rawRequest(head, post))).toBe("");
    head.testHub.eventLog.release();
  });
});

describe("what is no HTTP", () => {
  test.each([
    ["something else", "\x10\x2a\0\x04MQTT\x04", "400"],
    ["a broken request line", "GET\r\n\r\n", "400"],
    ["a header without a name", "GET / HTTP/1.1\r\nHost: h\r\n: v\r\n\r\n", "400"],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "400",
    ],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "400",
    ],
    [
      "a length that is no number",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
      "400",
    ],
    ["no Host in HTTP/1.1", "GET / HTTP/1.1\r\n\r\n", "400"],
    ["headers without end", `GET / HTTP/1.1\r\nHost: h\r\nX: ${"x".repeat(70_000)}\r\n`, "431"],
    ["a request line without end", `GET /${"x".repeat(70_000)}`, "431"],
    [
      "an expectation nobody knows",
      "GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\nConnection: close\r\n\r\n",
      "417",
    ],
  ])("is answered as %s, and the connection closed", async (_, text, status) => {
    await using head = await startTestHead();
    expect(statusesOf(await head.exchange(text))).toEqual([status]);
    await expectUndisturbed(head);
  });

  test("is answered after the requests before it", async () => {
    await using head = await startTestHead();
    const text = await head.exchange(`${rawRequest(head)}garbage\r\n\r\n`);
    expect(statusesOf(text)).toEqual(["200", "400"]);
  });

  test("is answered once, however much of it there is", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    head.testHub.eventLog.hold();
    const socket = await head.connect();
    const ended = readToEnd(socket);
    const post = { method: "POST", path: "/devices/d1/messages/events", body: "x" };
    socket.write(`${rawRequest(head, post)}garbage\r\n\r\n`);
    await expectUndisturbed(head);
    socket.write("more garbage\r\n\r\n");
    await expectUndisturbed(head);
    head.testHub.eventLog.release();
    expect(statusesOf(await ended)).toEqual(["204", "400"]);
  });

  test("in place of a chunk fails the request, which then has no effect", async () => {
    await using head = await startTestHead();
    const request = { method: "PUT", path: "/devices/d1", headers: ["Transfer-Encoding: chunked"] };
    const text = await head.exchange(`${rawRequest(head, request)}2\r\n{}\r\nnot a chunk\r\n`);
    expect(statusesOf(text)).toEqual(["400"]);
    expect((await head.send("GET", "/devices/d1", { policy })).status).toBe(404);
  });

  test("is a tunnel nobody offers", async () => {
    await using head = await startTestHead();
    expect(await head.exchange("CONNECT example.com:443 HTTP/1.1\r\nHost: h\r\n\r\n")).toBe("");
    await expectUndisturbed(head);
  });
});

describe("stopping the head", () => {
  test("ends idle connections at once", async () => {
    const head = await startTestHead();
    const socket = await head.connect();
    socket.write(rawRequest(head));
    await readAnswer(socket);
    const ended = readToEnd(socket);
    await head[Symbol.asyncDispose]();
    expect(await ended).toBe("");
  });

  test("lets requests be answered first, and says that the connection ends", async () => {
    const head = await startTestHead();
    await head.createDevice("d1");
    head.testHub.eventLog.hold();
    const answered = head.exchange(
      rawRequest(head, { method: "POST", path: "/devices/d1/messages/events", body: "x" }),
    );
    await expectUndisturbed(head);
    const stopped = head[Symbol.asyncDispose]();
    head.testHub.eventLog.release();
    const text = await answered;
    expect(statusesOf(text)).toEqual(["204"]);
    expect(text).toMatch(/^connection: close\r$/im);
    await stopped;
  });

  test("waits no longer than it may for a request that is not done", async () => {
    const head = await startTestHead();
    await head.createDevice("d1");
    head.testHub.eventLog.hold();
    const answered = head.exchange(
      rawRequest(head, { method: "POST", path: "/devices/d1/messages/events", body: "x" }),
    );
    await expectUndisturbed(head);
    const stopped = head[Symbol.asyncDispose]();
    await head.clock.advance(DEFAULT_HTTPS_LIMITS.shutdownGraceMs);
    expect(await answered).toBe("");
    head.testHub.eventLog.release();
    await stopped;
  });

  test("turns new connections away", async () => {
    const head = await startTestHead();
    await head[Symbol.asyncDispose]();
    const stream = new PassThrough();
    const context = { serverName: undefined, certificate: undefined, remoteAddress: "" };
    head.head.accept(stream, { ...context, transport: "tcp" });
    await settle();
    expect(stream.destroyed).toBe(true);
  });
});
