import { describe, expect, test } from "vitest";
import { type TestHead, readToEnd, startTestHead } from "./test-head.fixture.ts";
import type { WebSocketUpgrade } from "./upgrade.ts";

const HEADERS =
  "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: AMQPWSB10\r\n\r\n";

/** Answers each upgrade with the endpoint's name, so that a test sees what was handed over. */
function recordUpgrades(head: TestHead): WebSocketUpgrade[] {
  const upgrades: WebSocketUpgrade[] = [];
  head.head.onUpgrade((upgrade) => {
    upgrades.push(upgrade);
    upgrade.stream.end(`handed to ${upgrade.endpoint}`);
  });
  return upgrades;
}

describe("a WebSocket upgrade", () => {
  test.each([
    ["/$iothub/websocket", "iothub"],
    ["/$iothub/websocket/", "iothub"],
    ["/$iothub/websocket?iothub-no-client-cert=true", "iothub"],
    ["/%24iothub/websocket", "iothub"],
    ["/$IoTHub/WebSocket", "iothub"],
    ["https://localhost:443/$iothub/websocket", "iothub"],
    ["wss://localhost/$iothub/websocket?x=1", "iothub"],
    ["/$servicebus/websocket", "servicebus"],
    ["/$servicebus/websocket/", "servicebus"],
    ["/%24servicebus/websocket/?y", "servicebus"],
    ["/", "iothub"],
    ["/mqtt", "iothub"],
  ])("of %s is handed over as %s", async (target, endpoint) => {
    await using head = await startTestHead();
    const upgrades = recordUpgrades(head);
    expect(await head.exchange(`GET ${target} HTTP/1.1\r\n${HEADERS}`)).toBe(
      `handed to ${endpoint}`,
    );
    expect(upgrades).toMatchObject([{ endpoint, context: { transport: "websocket" } }]);
    expect(upgrades[0]?.request.headers["sec-websocket-protocol"]).toBe("AMQPWSB10");
  });

  test("brings along what the client sent behind it", async () => {
    await using head = await startTestHead();
    const upgrades = recordUpgrades(head);
    await head.exchange(`GET /$iothub/websocket HTTP/1.1\r\n${HEADERS}early bytes`);
    expect(upgrades[0]?.firstBytes.toString()).toBe("early bytes");
  });

  test.each(["/$iothub", "/websocket", "/$iothub/websocket/more", "/devices/d1"])(
    "of %s is refused",
    async (target) => {
      await using head = await startTestHead();
      const upgrades = recordUpgrades(head);
      const text = await head.exchange(`GET ${target} HTTP/1.1\r\n${HEADERS}`);
      expect(text).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
      expect(upgrades).toEqual([]);
    },
  );

  test.each([
    ["by POST", `POST /$iothub/websocket HTTP/1.1\r\n${HEADERS}`],
    [
      "to something else",
      `GET /$iothub/websocket HTTP/1.1\r\n${HEADERS}`.replace("websocket\r", "h2c\r"),
    ],
  ])("%s is refused", async (_, text) => {
    await using head = await startTestHead();
    const upgrades = recordUpgrades(head);
    expect(await head.exchange(text)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(upgrades).toEqual([]);
  });

  test("is refused while nobody takes it", async () => {
    await using head = await startTestHead();
    const text = await head.exchange(`GET /$iothub/websocket HTTP/1.1\r\n${HEADERS}`);
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
  });

  test("waits for the answers of the requests before it", async () => {
    await using head = await startTestHead();
    recordUpgrades(head);
    const text = await head.exchange(
      `GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET /$iothub/websocket HTTP/1.1\r\n${HEADERS}`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*handed to iothub$/);
  });

  test("whose client goes away before its turn is forgotten", async () => {
    await using head = await startTestHead();
    const upgrades = recordUpgrades(head);
    const { token } = await head.createDevice("d1");
    head.testHub.eventLog.hold();
    const socket = await head.connect();
    socket.write(
      "POST /devices/d1/messages/events?api-version=1 HTTP/1.1\r\nHost: h\r\n" +
        `Authorization: ${token}\r\nContent-Length: 1\r\n\r\nx` +
        `GET /$iothub/websocket HTTP/1.1\r\n${HEADERS}`,
    );
    await head.send("GET", "/healthz");
    socket.resetAndDestroy();
    await head.send("GET", "/healthz");
    head.testHub.eventLog.release();
    expect((await head.send("GET", "/healthz")).status).toBe(200);
    expect(upgrades).toEqual([]);
  });

  test("that its handler fails at is logged, and disturbs nobody", async () => {
    await using head = await startTestHead();
    head.head.onUpgrade(() => {
      throw new Error("no room");
    });
    expect(await head.exchange(`GET /$iothub/websocket HTTP/1.1\r\n${HEADERS}`)).toBe("");
    expect(head.logged).toMatchObject([{ level: "error", message: "upgrade failed" }]);
    expect((await head.send("GET", "/healthz")).status).toBe(200);
  });

  test("outlives the head: the connection is the handler's own", async () => {
    const head = await startTestHead();
    const streams: WebSocketUpgrade["stream"][] = [];
    head.head.onUpgrade(({ stream }) => {
      streams.push(stream);
      stream.write("hello");
    });
    const socket = await head.connect();
    socket.write(`GET /$iothub/websocket HTTP/1.1\r\n${HEADERS}`);
    await new Promise((resolve) => socket.once("data", resolve));
    await head.head[Symbol.asyncDispose]();
    expect(streams[0]?.destroyed).toBe(false);
    const ended = readToEnd(socket);
    streams[0]?.end();
    await ended;
    await head[Symbol.asyncDispose]();
  });
});
