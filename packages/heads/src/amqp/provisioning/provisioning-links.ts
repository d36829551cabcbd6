import type { Clock } from "@larimar/domain";
import type { AmqpMessage } from "@larimar/wire";
import { encodeRejected, parseAmqpRequest, readMessage } from "@larimar/wire";
import type { DeviceAnswer, DeviceOperation } from "../../provisioning-api/device-api.ts";
import { shortestWait } from "../../provisioning-api/shortest-wait.ts";
import type { Delivery, IncomingLink } from "../engine/incoming-link.ts";
import type { OutgoingLink } from "../engine/outgoing-link.ts";
import { OutgoingQueue } from "../links/outgoing-queue.ts";
import { rejectionOf } from "./provisioning-rejection.ts";
import { encodeProvisioningResponse } from "./provisioning-response.ts";

export interface ProvisioningLinksParts {
  readonly clock: Clock;
  readonly answerMsMin: number;
  readonly ask: (operation: DeviceOperation) => Promise<DeviceAnswer>;
}

/** Clients wait for each answer; a link that does not is detached. */
const REQUESTS_WAITING_MAX = 8;

/**
 * Requests on one link, answers on the other. A request is accepted before its answer goes out, or rejected with
 * what is wrong; never anything else. (protocol reference: provisioning 4.3)
 */
export class ProvisioningLinks {
  readonly #parts: ProvisioningLinksParts;
  #answers: OutgoingQueue | undefined;
  #working: Promise<void> = Promise.resolve();
  #waitingCount = 0;

  constructor(parts: ProvisioningLinksParts) {
    this.#parts = parts;
  }

  acceptRequests(link: IncomingLink): void {
    link.handler = (delivery) => this.#take(link, delivery);
    link.accept();
  }

  acceptAnswers(link: OutgoingLink): void {
    this.#answers = new OutgoingQueue(link);
    link.accept();
  }

  #take(link: IncomingLink, delivery: Delivery): void {
    const message = readMessage(delivery.payload);
    const operation = readOperation(message);
    if (operation === undefined) {
      link.settle(
        delivery,
        encodeRejected({
          condition: "amqp:not-implemented",
          description: "The message is no request for provisioning",
        }),
      );
      return;
    }
    if (this.#waitingCount === REQUESTS_WAITING_MAX) {
      link.detach({
        condition: "amqp:resource-limit-exceeded",
        description: "Too many requests wait for their answer",
      });
      return;
    }
    this.#waitingCount += 1;
    const { clock, answerMsMin, ask } = this.#parts;
    const mayLeave = shortestWait(clock, answerMsMin);
    this.#working = this.#working
      .then(() => Promise.all([ask(operation), mayLeave]))
      .then(([answer]) => {
        this.#waitingCount -= 1;
        if (answer.status >= 400) {
          link.settle(delivery, encodeRejected(rejectionOf(answer)));
          return;
        }
        link.settle(delivery);
        this.#answers?.push(encodeProvisioningResponse(message, answer));
      });
  }
}

function readOperation(message: AmqpMessage): DeviceOperation | undefined {
  const properties = new Map<string, unknown>();
  for (const [name, value] of message.applicationProperties) {
    if (typeof name === "string") properties.set(name, value);
  }
  const request = parseAmqpRequest(properties);
  if (request?.kind !== "register") return request;
  return { kind: "register", body: Buffer.concat(message.data) };
}
