import { once } from "node:events";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface AllocationQuestion {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly deviceRuntimeContext: Readonly<Record<string, unknown>> } & Readonly<
    Record<string, unknown>
  >;
}

export type AllocationAnswer = (response: ServerResponse, question: AllocationQuestion) => void;

/** An operator's own allocation on the network; what it answers is up to each test. */
export interface AllocationWebhook extends AsyncDisposable {
  readonly url: string;
  readonly questions: AllocationQuestion[];
  answer: AllocationAnswer;
}

export async function startAllocationWebhook(): Promise<AllocationWebhook> {
  const questions: AllocationQuestion[] = [];
  const server = createServer((request, response) => {
    void request.toArray().then((chunks: Buffer[]) => {
      const { method, url, headers } = request;
      const body = JSON.parse(Buffer.concat(chunks).toString()) as AllocationQuestion["body"];
      const question = { method, url, headers, body };
      questions.push(question);
      webhook.answer(response, question);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const webhook: AllocationWebhook = {
    url: `http://127.0.0.1:${port}/allocate?code=secret`,
    questions,
    answer: (response) => answerWith(500, {})(response),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return webhook;
}

/** A text goes as it is. */
export function answerWith(status: number, body: unknown): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}
