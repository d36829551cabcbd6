import { createHmac } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import {
  type Hub,
  type HubDirectory,
  type ProvisioningDirectory,
  createHubDirectory,
} from "@larimar/domain";
import { type ManualClock, type TestHub, createTestHub } from "@larimar/domain/fixtures";
import type { ConnectionContext } from "../head.ts";
import type { Log } from "../log.ts";
import { type HttpsHead, createHttpsHead } from "./https-head.ts";
import type { HttpsLimits } from "./https-limits.ts";

export interface TestHeadOptions {
  readonly limits?: Partial<HttpsLimits>;
  readonly ready?: () => boolean;
  readonly testHub?: TestHub;
  readonly hubs?: HubDirectory;
  readonly provisioning?: ProvisioningDirectory;
  readonly context?: Partial<ConnectionContext>;
}

export interface TestRequest {
  readonly headers?: http.OutgoingHttpHeaders;
  /** Objects are sent as JSON. */
  readonly body?: object | string | Buffer;
  /** A policy to sign with; none sends no token. */
  readonly policy?: string;
  readonly token?: string;
}

export interface TestResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** Undefined without a body. */
  readonly json: unknown;
}

export interface LogEntry {
  readonly level: keyof Log;
  readonly fields: object;
  readonly message: string;
}

/** The head behind a plain listener on a port of its own. */
export class TestHead implements AsyncDisposable {
  readonly testHub: TestHub;
  readonly head: HttpsHead;
  readonly logged: LogEntry[] = [];
  readonly #context: Partial<ConnectionContext>;
  readonly #server = createServer((socket) => this.#accept(socket));

  constructor(options: TestHeadOptions) {
    this.testHub = options.testHub ?? createTestHub();
    this.#context = options.context ?? {};
    this.head = createHttpsHead({
      hubs: options.hubs ?? createHubDirectory([this.hub], { isStrict: false }),
      ...(options.provisioning && { provisioning: options.provisioning }),
      clock: this.clock,
      log: recordingLog(this.logged),
      ready: options.ready ?? (() => true),
      limits: options.limits ?? {},
    });
  }

  get hub(): Hub {
    return this.testHub.hub;
  }

  get clock(): ManualClock {
    return this.testHub.clock;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** `target` goes out exactly as it is, with an api-version unless it brings a query. */
  async send(method: string, target: string, request: TestRequest = {}): Promise<TestResponse> {
    const { headers = {}, body, policy } = request;
    const token = request.token ?? (policy === undefined ? undefined : this.policyToken(policy));
    const payload =
      typeof body === "object" && !Buffer.isBuffer(body) ? JSON.stringify(body) : body;
    const outgoing = http.request({
      port: this.port,
      host: "127.0.0.1",
      agent: false,
      method,
      path: target.includes("?") ? target : `${target}?api-version=2021-04-12`,
      headers: { ...(token === undefined ? {} : { authorization: token }), ...headers },
    });
    outgoing.end(payload);
    const [incoming] = (await once(outgoing, "response")) as [http.IncomingMessage];
    const text = Buffer.concat((await incoming.toArray()) as Buffer[]).toString("utf8");
    const isJson = incoming.headers["content-type"]?.startsWith("application/json") === true;
    const json: unknown = isJson && text !== "" ? JSON.parse(text) : undefined;
    return { status: incoming.statusCode ?? 0, headers: incoming.headers, text, json };
  }

  async connect(): Promise<Socket> {
    const socket = connect(this.port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  }

  /** Sends raw text and resolves with everything that comes back until the connection ends. */
  async exchange(text: string): Promise<string> {
    const socket = await this.connect();
    socket.write(text);
    return readToEnd(socket);
  }

  policyToken(name: string, resource = "localhost", expiresInMs = 60_000): string {
    const policy = this.hub.settings.policies.find((candidate) => candidate.name === name);
    if (policy === undefined) throw new Error(`no policy ${name}`);
    return this.sign(policy.primaryKey, resource, { policyName: name, expiresInMs });
  }

  sign(
    key: string,
    resource: string,
    { policyName, expiresInMs = 60_000 }: { policyName?: string; expiresInMs?: number } = {},
  ): string {
    const sr = encodeURIComponent(resource);
    const se = Math.floor((this.clock.now() + expiresInMs) / 1000);
    const hmac = createHmac("sha256", Buffer.from(key, "base64")).update(`${sr}\n${se}`);
    const sig = encodeURIComponent(hmac.digest("base64"));
    const skn = policyName === undefined ? "" : `&skn=${policyName}`;
    return `SharedAccessSignature sr=${sr}&sig=${sig}&se=${se}${skn}`;
  }

  /** A new device and its own token. */
  async createDevice(deviceId = "d1"): Promise<{ token: string; etag: string; key: string }> {
    const { device } = await this.hub.devices.create({ deviceId });
    const key = device.authentication.type === "sas" ? device.authentication.primaryKey : "";
    const resource = `localhost/devices/${encodeURIComponent(deviceId)}`;
    return { token: this.sign(key, resource), etag: device.etag, key };
  }

  /** Every event in the log, as the test's encoder wrote it. */
  async events(): Promise<Record<string, unknown>[]> {
    const { eventLog } = this.testHub;
    const found: Record<string, unknown>[] = [];
    for (let partition = 0; partition < eventLog.partitionCount; partition++) {
      for (const batch of await eventLog.read(partition, 0, { bytesMax: Infinity })) {
        const lines = Buffer.from(batch.records).toString("utf8").trimEnd().split("\n");
        found.push(...lines.map((line) => JSON.parse(line) as Record<string, unknown>));
      }
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.head[Symbol.asyncDispose]();
    await this.hub[Symbol.asyncDispose]();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(socket: Socket): void {
    this.head.accept(socket, {
      serverName: undefined,
      certificate: undefined,
      remoteAddress: socket.remoteAddress ?? "",
      transport: "tcp",
      ...this.#context,
    });
  }
}

export async function startTestHead(options: TestHeadOptions = {}): Promise<TestHead> {
  const head = new TestHead(options);
  await head.listen();
  return head;
}

export async function readToEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => {});
  if (!socket.closed) await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

function recordingLog(logged: LogEntry[]): Log {
  const at = (level: keyof Log) => (fields: object, message: string) =>
    void logged.push({ level, fields, message });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
