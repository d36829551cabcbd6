import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { readPath, readRequestTarget } from "@larimar/wire";
import type { ConnectionContext } from "../head.ts";

/** `iothub` speaks MQTT or AMQP, by sub-protocol; `servicebus` always AMQP, for events and hub alike. */
export type WebSocketEndpoint = "iothub" | "servicebus";

export interface WebSocketUpgrade {
  readonly endpoint: WebSocketEndpoint;
  readonly request: IncomingMessage;
  /** Belongs to the handler from now on. */
  readonly stream: Duplex;
  /** What of the WebSocket's own bytes came along with the request. */
  readonly firstBytes: Buffer;
  readonly context: ConnectionContext;
}

export type UpgradeHandler = (upgrade: WebSocketUpgrade) => void;

const ENDPOINTS: ReadonlyMap<string, WebSocketEndpoint> = new Map([
  ["$iothub/websocket", "iothub"],
  ["$servicebus/websocket", "servicebus"],
  // Two SDKs know no path for provisioning, or their library's own. (protocol reference: provisioning 3.1, 4.1)
  ["", "iothub"],
  ["mqtt", "iothub"],
]);

/** What an upgrade asks for: an endpoint, or the status it is refused with. */
export function judgeUpgrade(request: IncomingMessage): WebSocketEndpoint | 400 | 404 {
  const protocols = (request.headers.upgrade ?? "").toLowerCase().split(/\s*,\s*/);
  if (request.method !== "GET" || !protocols.includes("websocket")) return 400;
  const { path } = readRequestTarget(request.url ?? "");
  for (const reading of readPath(path)) {
    const endpoint = ENDPOINTS.get(reading.join("/").toLowerCase());
    if (endpoint !== undefined) return endpoint;
  }
  return 404;
}
