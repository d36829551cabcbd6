import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { isIP } from "node:net";
import { CommandError } from "../command-error.ts";
import type { Connection, HubConnection } from "./connection-file.ts";
import { ownerToken } from "./owner-token.ts";

const API_VERSION = "2021-04-12";
const TOKEN_LIFETIME_MS = 5 * 60 * 1000;
const REQUEST_MS_MAX = 60_000;

export interface Call {
  readonly method: "GET" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly ifMatch?: string;
}

/** The REST API of a hub, spoken with the key of its owner. */
export class HubClient {
  readonly #connection: Connection;
  readonly #hub: HubConnection;

  constructor(connection: Connection, hub: HubConnection) {
    this.#connection = connection;
    this.#hub = hub;
  }

  /** The body of the answer. Throws `CommandError` when the server refuses or does not answer. */
  async call(call: Call): Promise<unknown> {
    const response = await this.#send(call);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return text === "" ? undefined : JSON.parse(text);
    throw new CommandError(explain(statusCode, text));
  }

  async #send({ method, path, query, body, ifMatch }: Call): Promise<IncomingMessage> {
    const { host, ports, caFile } = this.#connection;
    const { hostName } = this.#hub;
    const text = body === undefined ? "" : JSON.stringify(body);
    const search = new URLSearchParams({ ...query, "api-version": API_VERSION });
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
        timeout: REQUEST_MS_MAX,
        headers: {
          host: hostName,
          authorization: ownerToken(this.#hub, TOKEN_LIFETIME_MS),
          ...(text !== "" && { "content-type": "application/json; charset=utf-8" }),
          ...(ifMatch !== undefined && { "if-match": ifMatch }),
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
}

/** The sentence in the hub's own error bodies, without the codes around it. */
function explain(status: number, text: string): string {
  try {
    const { Message } = JSON.parse(text) as { Message?: string };
    const message = Message?.replace(/^ErrorCode:[^;]*;/, "");
    if (message) return message;
  } catch {
    // Not one of ours: the status has to do.
  }
  return `The server answered with status ${status}.`;
}
