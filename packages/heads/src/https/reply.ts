import type { ServerResponse } from "node:http";
import { formatEtagHeader } from "@larimar/wire";
import { encodeHeader } from "./header-text.ts";
import type { Answer, RawAnswer } from "./route.ts";

/** A response before it is sent. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer | undefined;
}

/** One client looks at nothing but this very type. (protocol reference: service-facing 2.1) */
const JSON_TYPE = "application/json; charset=utf-8";

export function jsonReply(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const payload = Buffer.from(JSON.stringify(body));
  return { status, headers: { ...headers, "content-type": JSON_TYPE }, payload };
}

export function replyOf(answer: Answer): Reply {
  if (answer.status === 204) return { status: 204, headers: {}, payload: undefined };
  if ("bytes" in answer) return rawReply(answer);
  const etag = answer.etag === undefined ? {} : { etag: formatEtagHeader(answer.etag) };
  return jsonReply(answer.status, answer.body, { ...etag, ...answer.headers });
}

function rawReply({ status, bytes, headers }: RawAnswer): Reply {
  const encoded = Object.entries(headers).map(([name, value]) => [name, encodeHeader(value)]);
  const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { status, headers: Object.fromEntries(encoded) as Record<string, string>, payload };
}

export interface Delivery {
  readonly requestId: string;
  readonly isLast: boolean;
}

export function sendReply(
  response: ServerResponse,
  { status, headers, payload }: Reply,
  { requestId, isLast }: Delivery,
): void {
  response.writeHead(status, {
    ...headers,
    "x-ms-request-id": requestId,
    // A 204 has no body, and says nothing about one. [RFC 9110 8.6]
    ...(payload === undefined ? {} : { "content-length": String(payload.length) }),
    ...(isLast ? { connection: "close" } : {}),
  });
  response.end(payload);
}
