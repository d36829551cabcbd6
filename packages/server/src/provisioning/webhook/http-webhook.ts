import type {
  AllocationWebhook,
  Clock,
  CustomAllocationDefinition,
  WebhookOutcome,
  WebhookRequest,
} from "@larimar/domain";
import { readWebhookAnswer, toWebhookBody } from "@larimar/wire";

/** Longer answers are none. */
const ANSWER_BYTES_MAX = 128 * 1024;

/** Asks an operator's own allocation over HTTP. */
export class HttpWebhook implements AllocationWebhook {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async call(
    definition: CustomAllocationDefinition,
    request: WebhookRequest,
    timeoutMs: number,
  ): Promise<WebhookOutcome> {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(definition.webhookUrl, {
        method: "POST",
        headers: {
          "content-type": "application/json; charset=utf-8",
          "api-version": definition.apiVersion,
        },
        body: JSON.stringify(toWebhookBody(request, this.#clock.now())),
        // Where the operator pointed is where the keys of devices may be sent, and nowhere else.
        redirect: "manual",
        signal,
      });
      return await judge(response);
    } catch (error) {
      const reason = signal.aborted
        ? `the webhook did not answer within ${timeoutMs} ms`
        : `the webhook could not be reached: ${reasonOf(error)}`;
      return { kind: "refused", reason, isTransient: true };
    }
  }
}

async function judge(response: Response): Promise<WebhookOutcome> {
  const { status } = response;
  if (status !== 200) {
    await response.body?.cancel();
    return refused(`the webhook answered ${status}`, status >= 500 || status === 429);
  }
  const text = await readText(response);
  if (text === undefined) return refused("the webhook's answer is too long");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refused("the webhook answered 200 with something that is not JSON");
  }
  const answer = readWebhookAnswer(json);
  return answer.kind === "read"
    ? { kind: "answer", answer: answer.value }
    : refused(`the webhook answered 200 with something that cannot be read: ${answer.problem}`);
}

function refused(reason: string, isTransient = false): WebhookOutcome {
  return { kind: "refused", reason, isTransient };
}

/** Undefined when there is too much of it. */
async function readText(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body = (response.body ?? []) as AsyncIterable<Uint8Array> | readonly Uint8Array[];
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The platform wraps what really happened. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : "no reason";
}
