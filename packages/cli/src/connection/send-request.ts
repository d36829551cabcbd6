import { readFile } from "node:fs/promises";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { request } from "node:https";
import { isIP } from "node:net";
import { CommandError } from "../command-error.ts";
import type { Connection } from "./connection-file.ts";

const REQUEST_MS_MAX = 60_000;

export interface Call {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of a body. */
  readonly text?: string;
  readonly ifMatch?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For calls that may take longer than others. */
  readonly msMax?: number;
}

export interface RequestTo {
  /** By which the server knows whom it is for. */
  readonly hostName: string;
  readonly authorization: string;
  readonly apiVersion: string;
}

export interface Answer {
  readonly body: unknown;
  readonly headers: IncomingHttpHeaders;
}

/** The body of the answer. Throws `CommandError` when the server refuses or does not answer. */
export async function sendRequest(
  connection: Connection,
  to: RequestTo,
  call: Call,
): Promise<unknown> {
  return (await exchange(connection, to, call)).body;
}

/** Throws as `sendRequest` does. */
export async function exchange(connection: Connection, to: RequestTo, call: Call): Promise<Answer> {
  const response = await send(connection, to, call);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const { statusCode = 0, headers } = response;
  if (statusCode >= 200 && statusCode < 300) {
    return { body: text === "" ? undefined : (JSON.parse(text) as unknown), headers };
  }
  throw new CommandError(explain(statusCode, text));
}

async function send(
  { host, ports, caFile }: Connection,
  { hostName, authorization, apiVersion }: RequestTo,
  { method, path, query, body, text: given, ifMatch, headers, msMax = REQUEST_MS_MAX }: Call,
): Promise<IncomingMessage> {
  const text = given ?? (body === undefined ? "" : JSON.stringify(body));
  const search = new URLSearchParams({ ...query, "api-version": apiVersion });
  const ca = await readFile(caFile, "utf8").catch((error: Error) => {
    throw new CommandError(`'${caFile}' cannot be read (${error.message}).`);
  });
  return new Promise((resolve, reject) => {
    const outgoing = request({
      // Names of further hubs may resolve nowhere; the server's own does, and the hub is named below.
      host,
      port: ports.https,
      ...(isIP(hostName) === 0 && { servername: hostName }),
      ca,
      method,
      path: `${path}?${search.toString()}`,
      timeout: msMax,
      headers: {
        host: hostName,
        authorization,
        ...(body !== undefined && { "content-type": "application/json; charset=utf-8" }),
        ...(text !== "" && { "content-length": String(Buffer.byteLength(text)) }),
        ...(ifMatch !== undefined && { "if-match": ifMatch }),
        ...headers,
      },
    });
    outgoing.on("response", resolve);
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      const place = `https://${host}:${ports.https}`;
      const reason = error.code ?? error.message;
      reject(new CommandError(`No server answers at ${place} (${reason}); is it running?`));
    });
    outgoing.end(text);
  });
}

/** The sentence in the server's own error bodies, without the codes around it. */
function explain(status: number, text: string): string {
  try {
    const body = JSON.parse(text) as {
      Message?: string;
      message?: string;
      error?: { message?: string };
    };
    // The routes of twins, methods and queries have a document of their own inside.
    const inner = body.Message?.startsWith("{")
      ? (JSON.parse(body.Message) as { message?: string }).message
      : body.Message;
    const message = (body.error?.message ?? inner ?? body.message)?.replace(
      /^ErrorCode:[^;]*;/,
      "",
    );
    if (message) return /[.!?]$/.test(message) ? message : `${message}.`;
  } catch {
    // Not one of ours: the status has to do.
  }
  return `The server answered with status ${status}.`;
}
