import type { Duplex } from "node:stream";
import type { ClientCertificate } from "@larimar/domain";

/** What the listener knows of a connection before its first protocol byte. */
export interface ConnectionContext {
  /** The TLS server name; undefined when the client sent none. */
  readonly serverName: string | undefined;
  readonly certificate: ClientCertificate | undefined;
  readonly remoteAddress: string;
  readonly transport: "tcp" | "websocket";
}

/**
 * A protocol at the edge of the server: bytes in, one domain call, bytes out. Listeners hand it
 * connections whose TLS handshake is done; the head owns them from then on.
 */
export interface Head extends AsyncDisposable {
  accept(stream: Duplex, context: ConnectionContext): void;
}
