import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { connect } from "node:tls";
import type { TestServer } from "@larimar/testkit";

/** A TLS connection to one of a test server's ports, verified against its own authority. */
export async function connectTls(
  { connection }: TestServer,
  options: ConnectionOptions & { port: number },
): Promise<TLSSocket> {
  const socket = connect({
    host: "127.0.0.1",
    servername: "localhost",
    ca: readFileSync(connection.caFile, "utf8"),
    ...options,
  });
  await once(socket, "secureConnect");
  return socket;
}

/** Everything the server sends until it closes the connection, or until the text matches. */
export async function readText(socket: NodeJS.ReadableStream, until?: RegExp): Promise<string> {
  let text = "";
  for await (const chunk of socket) {
    text += String(chunk);
    if (until?.test(text)) break;
  }
  return text;
}
