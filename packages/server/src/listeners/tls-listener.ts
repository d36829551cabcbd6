import { constants } from "node:crypto";
import type { Socket } from "node:net";
import type { Server, TLSSocket, TlsOptions } from "node:tls";
import { createServer } from "node:tls";
import type { Duplex } from "node:stream";
import type { ConnectionContext, Log } from "@larimar/heads";
import { clientCertificateOf } from "../tls/client-certificate.ts";
import type { ServerCertificate } from "../tls/server-certificate.ts";
import { HandshakeTurns } from "./handshake-turns.ts";

/** A client that has not begun its handshake by then, or not finished it as long after that, is closed. */
const HANDSHAKE_TIMEOUT_MS = 20_000;

export interface TlsListenerParts {
  readonly certificate: ServerCertificate;
  readonly onConnection: (stream: Duplex, context: ConnectionContext) => void;
  /** What the protocol is called in ALPN; undefined where clients know none. */
  readonly alpnProtocol?: string;
  readonly log: Log;
}

/** Turns accepted sockets into connections whose TLS handshake is done. It listens on nothing itself. */
export class TlsListener implements Disposable {
  readonly #server: Server;
  readonly #turns: HandshakeTurns;
  readonly #certificateChanges: Disposable;

  constructor({ certificate, onConnection, alpnProtocol, log }: TlsListenerParts) {
    this.#server = createServer({
      ...contextOptions(certificate),
      // A resumed session knows the client's own certificate but not those between it and its authority, without
      // which nobody can judge it. With elliptic curves a whole handshake costs hardly more.
      secureOptions: constants.SSL_OP_NO_TICKET,
      // Judged against the identity later: a refusal here would look like a network error to devices.
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      ...(alpnProtocol === undefined ? {} : { ALPNProtocols: [alpnProtocol] }),
    });
    this.#turns = new HandshakeTurns((socket) => this.#server.emit("connection", socket), {
      silenceMsMax: HANDSHAKE_TIMEOUT_MS,
    });
    this.#server.on("secureConnection", (socket) => {
      this.#turns.leave(socket);
      socket.on("error", (error: Error) => log.debug({ err: error }, "connection failed"));
      onConnection(socket, contextOf(socket));
    });
    this.#server.on("tlsClientError", (error, socket) => {
      const { remoteAddress } = socket;
      this.#turns.leave(socket);
      log.debug({ err: error, remoteAddress }, "TLS handshake failed");
      socket.destroy();
    });
    this.#certificateChanges = certificate.onChange(() => {
      this.#server.setSecureContext(contextOptions(certificate));
    });
  }

  accept(socket: Socket): void {
    this.#turns.enter(socket);
  }

  [Symbol.dispose](): void {
    this.#turns[Symbol.dispose]();
    this.#certificateChanges[Symbol.dispose]();
  }
}

function contextOptions({ current }: ServerCertificate): TlsOptions {
  return {
    cert: current.certPem,
    key: current.keyPem,
    minVersion: "TLSv1.2",
    // None: clients with a self-signed certificate would not offer it if they were told of authorities.
    ca: [],
  };
}

function contextOf(socket: TLSSocket): ConnectionContext {
  return {
    // Node says false for "none".
    serverName: (socket as { servername?: string | false }).servername || undefined,
    certificate: clientCertificateOf(socket),
    remoteAddress: socket.remoteAddress ?? "unknown",
    transport: "tcp",
  };
}
