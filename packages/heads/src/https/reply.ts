import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { formatEtagHeader } from "@larimar/wire";
import { encodeHeader } from "./header-text.ts";
import { ClientGoneError } from "./operations/rest-error.ts";
import type { Answer, RawAnswer } from "./operations/route.ts";

/** A response before it is sent. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer | undefined;
  /** Sent in place of a payload, as fast as the client takes it. Whoever has the reply disposes of it. */
  readonly stream?: ReplyStream;
}

export interface ReplyStream extends Disposable {
  chunks(): AsyncIterable<Uint8Array>;
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
  if (answer.status === 202) {
    const headers = { etag: formatEtagHeader(answer.etag), ...answer.headers };
    return { status: 202, headers, payload: Buffer.alloc(0) };
  }
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
  /** Of the answer alone; whoever sends it then ends the connection in its own way. */
  readonly isOpenEnded?: boolean;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** Throws `ClientGoneError`, and whatever a stream does: then the answer is lost. */
export async function sendReply(
  response: ServerResponse,
  { status, headers, payload, stream }: Reply,
  { requestId, isLast, isOpenEnded, signal }: Delivery,
): Promise<void> {
  response.writeHead(status, {
    ...headers,
    "x-ms-request-id": requestId,
    // A 204 has no body, and says nothing about one. [RFC 9110 8.6]
    ...(payload === undefined ? {} : { "content-length": String(payload.length) }),
    ...(isLast ? { connection: "close" } : {}),
  });
  if (stream !== undefined) await sendStream(response, stream, signal);
  if (isOpenEnded !== true) return void response.end(payload);
  // Without a body, as to HEAD, nothing that is written would take them along.
  response.flushHeaders();
  if (payload !== undefined) response.write(payload);
}

async function sendStream(
  response: ServerResponse,
  stream: ReplyStream,
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of stream.chunks()) {
    if (signal.aborted) throw new ClientGoneError();
    if (response.write(chunk)) continue;
    await once(response, "drain", { signal }).catch(() => {
      throw new ClientGoneError();
    });
  }
}
