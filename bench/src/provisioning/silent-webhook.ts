import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface SilentWebhook extends AsyncDisposable {
  readonly url: string;
  /** Questions that are waiting for the answer which never comes. */
  readonly waiting: number;
}

export async function startSilentWebhook(): Promise<SilentWebhook> {
  let waiting = 0;
  const server = createServer((_request, response) => {
    waiting += 1;
    response.on("close", () => (waiting -= 1));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/allocate`,
    get waiting() {
      return waiting;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
