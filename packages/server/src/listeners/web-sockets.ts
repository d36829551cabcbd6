import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Head, Log } from "@larimar/heads";
import type { WebSocketUpgrade } from "@larimar/heads/https";
import type { WebSocket } from "ws";

/** Clients put whole protocol frames, seldom several, into a message; a larger one closes the connection. */
const MESSAGE_BYTES_MAX = 1024 * 1024;

type ProtocolHeads = Readonly<Record<"mqtt" | "amqp", Head>>;

/**
 * MQTT and AMQP in WebSockets, chosen by sub-protocol alone. Every chunk leaves as one unfragmented binary
 * frame, and no pings: some clients understand nothing else. (protocol reference: device-facing 1.1)
 */
export class WebSockets {
  readonly #heads: ProtocolHeads;
  readonly #log: Log;
  #upgrader: Promise<Upgrader> | undefined;

  constructor(parts: { heads: ProtocolHeads; log: Log }) {
    this.#heads = parts.heads;
    this.#log = parts.log;
  }

  async accept({ request, stream, firstBytes, context }: WebSocketUpgrade): Promise<void> {
    const chosen = offeredBy(request).find(isKnown);
    if (chosen === undefined) return refuse(stream);
    const head = this.#heads[PROTOCOLS[chosen.toLowerCase() as SubProtocol]];
    this.#upgrader ??= loadUpgrader();
    const upgrade = await this.#upgrader;
    upgrade(request, stream, firstBytes, (webSocket, connection) => {
      for (const source of [webSocket, connection]) {
        source.on("error", (error: Error) => this.#log.debug({ err: error }, "WebSocket failed"));
      }
      head.accept(connection, {
        ...context,
        // A client that connects by address says no name in the handshake, but does so here.
        serverName: context.serverName ?? request.headers.host,
        transport: "websocket",
      });
    });
  }
}

type Upgrader = (
  request: IncomingMessage,
  stream: Duplex,
  firstBytes: Buffer,
  onOpen: (webSocket: WebSocket, connection: Duplex) => void,
) => void;

/** Loaded by the first client that wants it: a start has better things to do. */
async function loadUpgrader(): Promise<Upgrader> {
  const { WebSocketServer, createWebSocketStream } = await import("ws");
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    // What clients offered is echoed in their own spelling: some compare it letter by letter.
    handleProtocols: (offered) => [...offered].find(isKnown) ?? false,
  });
  return (request, stream, firstBytes, onOpen) => {
    server.handleUpgrade(request, stream, firstBytes, (webSocket) => {
      onOpen(webSocket, createWebSocketStream(webSocket, { allowHalfOpen: false }));
    });
  };
}

const PROTOCOLS = { mqtt: "mqtt", amqpwsb10: "amqp" } as const;
type SubProtocol = keyof typeof PROTOCOLS;

function isKnown(name: string): boolean {
  return Object.hasOwn(PROTOCOLS, name.toLowerCase());
}

function offeredBy(request: IncomingMessage): string[] {
  return (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
}

function refuse(stream: Duplex): void {
  stream.once("finish", () => stream.destroy());
  stream.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}
