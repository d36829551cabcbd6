import { createHmac } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { Clock } from "@larimar/domain";
import { ProvisioningError } from "@larimar/domain";
import { buildSasToken } from "@larimar/wire";
import type { HubConnectionString } from "./hub-connection-string.ts";

export interface HubCall {
  readonly method: "GET" | "PUT" | "DELETE";
  /** Without the query. */
  readonly path: string;
  readonly body?: unknown;
  readonly ifMatch?: string;
}

export interface HubAnswer {
  readonly status: number;
  /** Undefined for an empty body. */
  readonly json: unknown;
}

const API_VERSION = "2021-04-12";
const TOKEN_LIFETIME_MS = 60 * 60 * 1000;
const ANSWER_BYTES_MAX = 1024 * 1024;
/** Calls to one hub at once; the others wait for a connection, and give up with their registration. */
const CONNECTIONS_MAX = 32;
/** How much a new measurement counts. */
const LATENCY_WEIGHT = 0.2;

/** The service API of a hub elsewhere. Throws `HubUnusable` and `HubCredentialsRefused`. */
export class HubRestClient implements Disposable {
  readonly #hub: HubConnectionString;
  readonly #clock: Clock;
  readonly #agent: Agent;
  #latencyMs: number | undefined;

  constructor(
    hub: HubConnectionString,
    parts: { clock: Clock; ca: readonly string[] | undefined },
  ) {
    this.#hub = hub;
    this.#clock = parts.clock;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: CONNECTIONS_MAX,
      ...(parts.ca && { ca: [...parts.ca] }),
    });
  }

  get latencyMs(): number | undefined {
    return this.#latencyMs;
  }

  async call(call: HubCall, deadlineAtMs: number): Promise<HubAnswer> {
    const startedAtMs = this.#clock.now();
    const leftMs = deadlineAtMs - startedAtMs;
    if (leftMs <= 0) throw this.#unusable("No time was left to ask");
    let answer: HubAnswer;
    try {
      answer = await this.#exchange(call, AbortSignal.timeout(leftMs));
    } catch (error) {
      throw this.#unusable(error instanceof Error ? error.message : "It did not answer", error);
    }
    this.#measure(this.#clock.now() - startedAtMs);
    if (answer.status === 401 || answer.status === 403) {
      throw new ProvisioningError("HubCredentialsRefused", this.#describe(answer));
    }
    return answer;
  }

  /** For answers that the caller has no use for. */
  unexpected(answer: HubAnswer): ProvisioningError {
    return new ProvisioningError("HubUnusable", this.#describe(answer));
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #exchange(call: HubCall, signal: AbortSignal): Promise<HubAnswer> {
    const { hostName, port } = this.#hub;
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const outgoing = request({
      host: hostName,
      port,
      method: call.method,
      path: `${call.path}?api-version=${API_VERSION}`,
      agent: this.#agent,
      signal,
      headers: {
        authorization: this.#token(),
        ...(call.ifMatch !== undefined && { "if-match": call.ifMatch }),
        ...(body !== undefined && {
          "content-type": "application/json; charset=utf-8",
          "content-length": String(Buffer.byteLength(body)),
        }),
      },
    });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    const text = await readText(incoming);
    return { status: incoming.statusCode ?? 0, json: parseJson(text) };
  }

  #token(): string {
    const { hostName, policyName, policyKey } = this.#hub;
    return buildSasToken({
      resource: hostName,
      policyName,
      expiresAtMs: this.#clock.now() + TOKEN_LIFETIME_MS,
      sign: (text) =>
        createHmac("sha256", Buffer.from(policyKey, "base64")).update(text).digest("base64"),
    });
  }

  #measure(ms: number): void {
    const before = this.#latencyMs ?? ms;
    this.#latencyMs = before + (ms - before) * LATENCY_WEIGHT;
  }

  /** What a hub says is handed on as it is: clients of the service look into it. */
  #describe({ status, json }: HubAnswer): string {
    return json === undefined ? `${this.#hub.hostName} answered ${status}` : JSON.stringify(json);
  }

  #unusable(reason: string, cause?: unknown): ProvisioningError {
    const message = `${this.#hub.hostName} could not be reached: ${reason}`;
    return new ProvisioningError("HubUnusable", message, {}, { cause });
  }
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error("its answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
