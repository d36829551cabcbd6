import type { IncomingMessage } from "node:http";
import { ClientGoneError } from "../operations/rest-error.ts";

/**
 * The body as fast as it is asked for: what is not read yet waits with the client. Stopping early leaves the
 * connection usable. Throws `ClientGoneError`.
 */
export async function* bodyChunks(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  // By default, an iterator that ends early takes the connection with it.
  const chunks = request.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const next = await nextOf(chunks);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await chunks.return?.();
  }
}

async function nextOf(chunks: AsyncIterator<unknown>): Promise<IteratorResult<Buffer>> {
  try {
    return (await chunks.next()) as IteratorResult<Buffer>;
  } catch {
    throw new ClientGoneError();
  }
}
