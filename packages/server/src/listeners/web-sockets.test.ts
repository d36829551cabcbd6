import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { connectTls, readText } from "./tls-client.fixture.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const HUB_PATH = "/$iothub/websocket";
const EVENTS_PATH = "/$servicebus/websocket";
const AMQP_HEADER = Buffer.from("AMQP\u0000\u0001\u0000\u0000");
/** Client id "d", no user name: the answer is a refusal, which is all these tests need. */
const MQTT_CONNECT = Buffer.from("100d00044d5154540402003c000164", "hex");

function open(path: string, protocols: string[], options = {}): WebSocket {
  const { https } = server.connection.ports;
  return new WebSocket(`wss://127.0.0.1:${https}${path}`, protocols, {
    ca: readFileSync(server.connection.caFile, "utf8"),
    ...options,
  });
}

/** The server's whole answer to an upgrade request written by hand. */
async function answerTo(lines: Record<string, string>, target = HUB_PATH): Promise<string> {
  const socket = await connectTls(server, { port: server.connection.ports.https });
  const headers = {
    Host: "localhost:443",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...lines,
  };
  const text = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${target} HTTP/1.1\r\n${text.join("")}\r\n`);
  const answer = await readText(socket, /\r\n\r\n/);
  socket.destroy();
  return answer;
}

describe("an upgrade", () => {
  test.each([
    ["mqtt", HUB_PATH],
    ["MQTT", HUB_PATH],
    ["AMQPWSB10", HUB_PATH],
    ["amqpwsb10", HUB_PATH],
    ["AMQPWSB10", EVENTS_PATH],
  ])("to %s at %s is granted in the client's own spelling", async (protocol, path) => {
    const webSocket = open(path, [protocol]);
    await once(webSocket, "open");
    expect(webSocket.protocol).toBe(protocol);
    expect(webSocket.extensions).toBe("");
    webSocket.terminate();
  });

  test("is answered with the lines that strict clients look for, in one piece", async () => {
    const answer = await answerTo({ "Sec-WebSocket-Protocol": "AMQPWSB10" });
    expect(answer).toBe(
      [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Protocol: AMQPWSB10",
        "\r\n",
      ].join("\r\n"),
    );
  });

  test.each([
    `https://localhost${HUB_PATH}?iothub-no-client-cert=true`,
    `${HUB_PATH}?iothub-no-client-cert=true`,
    `${HUB_PATH}/`,
    "/%24iothub/websocket",
    `${EVENTS_PATH}/`,
  ])("to %s is granted", async (target) => {
    const answer = await answerTo({ "Sec-WebSocket-Protocol": "AMQPWSB10" }, target);
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
  });

  test("is granted whatever else its headers say", async () => {
    const answer = await answerTo({
      "Sec-WebSocket-Protocol": "chat,mqtt",
      Connection: "Upgrade,Keep-Alive",
      Origin: "https://localhost:443",
      "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
    });
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).toContain("\r\nSec-WebSocket-Protocol: mqtt\r\n");
    expect(answer).not.toMatch(/extensions/i);
  });

  test.each([
    ["without a sub-protocol", {}],
    ["to a sub-protocol nobody here speaks", { "Sec-WebSocket-Protocol": "chat" }],
    ["with a key that is none", { "Sec-WebSocket-Protocol": "mqtt", "Sec-WebSocket-Key": "x" }],
    ["of another version", { "Sec-WebSocket-Protocol": "mqtt", "Sec-WebSocket-Version": "7" }],
  ])("%s is refused with 400", async (_, headers) => {
    expect(await answerTo(headers)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });

  test("elsewhere is refused with 404", async () => {
    const answer = await answerTo({ "Sec-WebSocket-Protocol": "mqtt" }, "/elsewhere");
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe("a WebSocket", () => {
  test("brings MQTT, whichever way the packets are cut into frames", async () => {
    const webSocket = open(HUB_PATH, ["mqtt"]);
    await once(webSocket, "open");
    for (const byte of MQTT_CONNECT) webSocket.send(Buffer.of(byte));
    const [answer, isBinary] = (await once(webSocket, "message")) as [Buffer, boolean];
    expect(isBinary).toBe(true);
    expect([...answer.subarray(0, 3)]).toEqual([0x20, 2, 0]);
    expect(answer).toHaveLength(4);
    webSocket.terminate();
  });

  test.each([HUB_PATH, EVENTS_PATH])("brings AMQP at %s", async (path) => {
    const webSocket = open(path, ["AMQPWSB10"]);
    await once(webSocket, "open");
    webSocket.send(AMQP_HEADER);
    const [answer, isBinary] = (await once(webSocket, "message")) as [Buffer, boolean];
    expect(isBinary).toBe(true);
    expect(answer.subarray(0, 8)).toEqual(AMQP_HEADER);
    webSocket.terminate();
  });

  test("is closed for a message larger than any client sends, which disturbs no other", async () => {
    const bystander = open(HUB_PATH, ["AMQPWSB10"]);
    await once(bystander, "open");
    const webSocket = open(HUB_PATH, ["AMQPWSB10"]);
    await once(webSocket, "open");
    webSocket.on("error", () => undefined);
    webSocket.send(Buffer.alloc(1024 * 1024 + 1));
    const [code] = (await once(webSocket, "close")) as [number];
    expect(code).toBe(1009);
    bystander.send(AMQP_HEADER);
    await once(bystander, "message");
    bystander.terminate();
  });

  test("is closed when its client breaks the framing", async () => {
    const socket = await connectTls(server, { port: server.connection.ports.https });
    socket.write(
      `GET ${HUB_PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Protocol: mqtt\r\n\r\n",
    );
    await once(socket, "data");
    // Clients must mask what they send.
    socket.write(Buffer.from([0x82, 0x01, 0x00]));
    await once(socket, "close");
    expect(server.log.entries).toContainEqual(
      expect.objectContaining({ level: "debug", message: "WebSocket failed" }),
    );
  });
});
