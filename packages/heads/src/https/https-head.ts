import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock, HubDirectory, ProvisioningDirectory, Timer } from "@larimar/domain";
import { createProvisioningDirectory } from "@larimar/domain";
import type { ConnectionContext, Head } from "../head.ts";
import type { Log } from "../log.ts";
import type { ArmApiParts } from "./arm/arm-api.ts";
import { ArmApi } from "./arm/arm-api.ts";
import { BlobEndpoint } from "./blobs/blob-endpoint.ts";
import { HttpConnection } from "./http-connection.ts";
import { DEFAULT_HTTPS_LIMITS, type HttpsLimits } from "./https-limits.ts";
import { ProvisioningApi } from "./provisioning/provisioning-api.ts";
import { Router } from "./operations/router.ts";
import { allRoutes } from "./routes/all-routes.ts";
import { type RequestParts, serveRequest } from "./serve-request.ts";
import { type UpgradeHandler, judgeUpgrade } from "./upgrade.ts";

export interface HttpsHeadParts {
  readonly hubs: HubDirectory;
  /** Absent where devices are registered by hand. */
  readonly provisioning?: ProvisioningDirectory;
  /** Absent where nobody may administer over the network. */
  readonly arm?: ArmApiParts;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the server takes work, for those who ask at `/readyz`. */
  readonly ready: () => boolean;
  readonly limits?: Partial<HttpsLimits>;
}

export interface HttpsHead extends Head {
  /** WebSockets are a transport of other protocols: this head finds out which, the handler does the rest. */
  onUpgrade(handler: UpgradeHandler): void;
}

/** The REST API of hubs over connections whose TLS a listener has done. */
export function createHttpsHead(parts: HttpsHeadParts): HttpsHead {
  const limits = { ...DEFAULT_HTTPS_LIMITS, ...parts.limits };
  return new NodeHttpsHead(parts, limits);
}

class NodeHttpsHead implements HttpsHead {
  readonly #requestParts: RequestParts;
  readonly #limits: HttpsLimits;
  readonly #server: Server;
  readonly #connections = new Map<Duplex, HttpConnection>();
  readonly #longBodies = new WeakSet<IncomingMessage>();
  #upgradeHandler: UpgradeHandler | undefined;
  #isStopping = false;

  constructor(parts: HttpsHeadParts, limits: HttpsLimits) {
    this.#limits = limits;
    this.#requestParts = {
      ...parts,
      limits,
      router: new Router(allRoutes(parts)),
      blobs: new BlobEndpoint({ ...parts, limits, longBodies: this.#longBodies }),
      provisioning: new ProvisioningApi({
        ...parts,
        services: parts.provisioning ?? createProvisioningDirectory([], { isStrict: true }),
      }),
      arm: parts.arm && new ArmApi({ ...parts.arm, log: parts.log }),
      isStopping: () => this.#isStopping,
    };
    this.#server = createServer({
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.timeoutCheckIntervalMs,
    });
    this.#server.timeout = limits.silenceTimeoutMs;
    // Bounded by their bytes already; beyond this number Node.js would drop headers without a word.
    this.#server.maxHeadersCount = 0;
    this.#server.on("request", (request, response) => this.#onRequest(request, response));
    this.#server.on("upgrade", (request, stream, first) => this.#onUpgrade(request, stream, first));
    this.#server.on("clientError", (error, stream) => this.#onClientError(error, stream));
    // NOTE: never listens itself, but only does its timekeeping from this event on.
    this.#server.emit("listening");
  }

  accept(stream: Duplex, context: ConnectionContext): void {
    if (this.#isStopping) {
      stream.destroy();
      return;
    }
    this.#connections.set(stream, new HttpConnection(stream, context));
    stream.once("close", () => this.#connections.delete(stream));
    this.#server.emit("connection", stream);
  }

  onUpgrade(handler: UpgradeHandler): void {
    this.#upgradeHandler = handler;
  }

  /** Idle connections end at once, others with the answer they wait for, if that comes soon enough. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    const ends = [...this.#connections.values()].map((connection) => connection.finish());
    await this.#withinGrace(Promise.allSettled(ends));
    for (const stream of this.#connections.keys()) stream.destroy();
    this.#server.close();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined || connection.waitingCount >= this.#limits.pipelinedRequestsMax) {
      request.socket.destroy();
      return;
    }
    connection.enqueue({ request, response }, () =>
      serveRequest(request, response, connection.context, this.#requestParts),
    );
  }

  #onUpgrade(request: IncomingMessage, stream: Duplex, firstBytes: Buffer): void {
    // Node.js took its own listeners away, and an unheard error would end the process.
    stream.on("error", () => stream.destroy());
    const connection = this.#connections.get(stream);
    if (connection === undefined) {
      stream.destroy();
      return;
    }
    connection.afterAnswers(() => {
      const endpoint = this.#isStopping ? 503 : judgeUpgrade(request);
      const handler = this.#upgradeHandler;
      if (typeof endpoint === "number" || handler === undefined) {
        connection.refuse(typeof endpoint === "number" ? endpoint : 404);
        return;
      }
      this.#connections.delete(stream);
      const context: ConnectionContext = { ...connection.context, transport: "websocket" };
      try {
        handler({ endpoint, request, stream, firstBytes, context });
      } catch (error) {
        this.#requestParts.log.error({ err: error, endpoint }, "upgrade failed");
        stream.destroy();
      }
    });
  }

  #onClientError(error: NodeJS.ErrnoException, stream: Duplex): void {
    const connection = this.#connections.get(stream);
    const status = refusalOf(error.code ?? "");
    const request = connection?.incompleteRequest;
    if (status === 408 && request !== undefined && this.#longBodies.has(request)) {
      this.#allowMoreTime(connection!, request);
      return;
    }
    if (connection === undefined || status === undefined || !stream.writable) stream.destroy();
    else connection.refuse(status);
  }

  /** Node.js knows one time for all requests, and tells of each only once. */
  #allowMoreTime(connection: HttpConnection, request: IncomingMessage): void {
    const { uploadTimeoutMs, requestTimeoutMs } = this.#limits;
    const timer = this.#requestParts.clock.after(uploadTimeoutMs - requestTimeoutMs, () => {
      if (!request.complete) connection.refuse(408);
    });
    request.once("close", () => timer.cancel());
  }

  async #withinGrace(ends: Promise<unknown>): Promise<void> {
    let timer: Timer | undefined;
    const isOver = new Promise<void>((resolve) => {
      timer = this.#requestParts.clock.after(this.#limits.shutdownGraceMs, resolve);
    });
    await Promise.race([ends, isOver]);
    timer?.cancel();
  }
}

/** Undefined when the connection broke and nobody would read an answer. */
function refusalOf(code: string): number | undefined {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return 413;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return 408;
  return code.startsWith("HPE_") ? 400 : undefined;
}
