import type { IncomingMessage } from "node:http";
import { ClientGoneError } from "./rest-error.ts";

/** Undefined when there are more than `bytesMax`; what is left of it then still has to be discarded. */
export async function readBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Buffer | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > bytesMax) return undefined;
  const chunks: Buffer[] = [];
  const outcome = await consume(request, bytesMax, (chunk) => chunks.push(chunk));
  return outcome === "tooLong" ? undefined : Buffer.concat(chunks);
}

/**
 * Reads and forgets what is left of a body: a client that is still sending would lose the answer together
 * with the connection. False when there is more than `bytesMax`, and the connection has to go after all.
 */
export async function discardBody(request: IncomingMessage, bytesMax: number): Promise<boolean> {
  return (await consume(request, bytesMax, () => {})) === "whole";
}

/** Iterating over the request would destroy its connection when it ends early. */
function consume(
  request: IncomingMessage,
  bytesMax: number,
  take: (chunk: Buffer) => void,
): Promise<"whole" | "tooLong"> {
  if (request.readableEnded) return Promise.resolve("whole");
  if (request.destroyed) return Promise.reject(new ClientGoneError());
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) return take(chunk);
      request.pause();
      settle();
      resolve("tooLong");
    };
    const onEnd = () => {
      settle();
      resolve("whole");
    };
    const onGone = () => {
      settle();
      reject(new ClientGoneError());
    };
    const settle = () => {
      request.off("data", onData).off("end", onEnd).off("close", onGone);
    };
    request.on("data", onData).on("end", onEnd).on("close", onGone);
    // Paused before, when there was too much of it.
    request.resume();
  });
}
