import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import type { Log } from "@larimar/heads";

/** Beyond it, a connection is closed as soon as it is accepted. */
const CONNECTIONS_PER_ADDRESS_MAX = 250_000;
/** Connections that came before the server was ready; more are closed. */
const EARLY_CONNECTIONS_MAX = 1000;
/** A storm of reconnects waits in the kernel; it cuts this to its own limit. */
const BACKLOG_LENGTH = 4096;
/** A peer that vanished without a word is noticed, however rarely its protocol speaks. */
const TCP_KEEP_ALIVE_MS = 60_000;

/**
 * One port on every address the server listens on. It is taken before anything else of a start happens;
 * who connects in the meantime waits, unread, until `serve`.
 */
export class BoundPort implements AsyncDisposable {
  readonly port: number;
  readonly #servers: readonly Server[];
  readonly #sockets = new Set<Socket>();
  readonly #early: Socket[] = [];
  #onSocket: ((socket: Socket) => void) | undefined;

  constructor(port: number, servers: readonly Server[]) {
    this.port = port;
    this.#servers = servers;
    for (const server of servers) {
      server.maxConnections = CONNECTIONS_PER_ADDRESS_MAX;
      server.on("connection", (socket) => this.#take(socket));
    }
  }

  serve(options: { onSocket: (socket: Socket) => void; log: Log }): void {
    const { onSocket, log } = options;
    for (const server of this.#servers) {
      server.on("error", (error) => log.error({ port: this.port, err: error }, "listener failed"));
      server.on("drop", () => log.debug({ port: this.port }, "connection dropped at the limit"));
    }
    this.#onSocket = onSocket;
    for (const socket of this.#early.splice(0)) if (!socket.destroyed) onSocket(socket);
  }

  /** No new connections; those that are there go on. */
  stopAccepting(): void {
    for (const server of this.#servers) if (server.listening) server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#servers
      .filter((server) => server.listening || this.#sockets.size > 0)
      .map((server) => new Promise<void>((resolve) => void server.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // What goes wrong with a connection is told by the layer above; here it must only not be unhandled.
    socket.on("error", () => socket.destroy());
    if (this.#onSocket) this.#onSocket(socket);
    else if (this.#early.length < EARLY_CONNECTIONS_MAX) this.#early.push(socket);
    else socket.destroy();
  }
}

/** Resolves once the server listens; rejects with the system's error. */
export async function listen(address: {
  host: string;
  port: number;
  ipv6Only: boolean;
}): Promise<Server> {
  const server = createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    pauseOnConnect: true,
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...address, backlog: BACKLOG_LENGTH }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return server;
}

export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
