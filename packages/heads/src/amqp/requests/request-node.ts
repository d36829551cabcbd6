import type { AmqpErrorFields, AmqpMessage } from "@larimar/wire";
import { readMessage } from "@larimar/wire";
import type { Delivery, IncomingLink } from "../engine/incoming-link.ts";
import type { OutgoingLink } from "../engine/outgoing-link.ts";

/** What a node has to say to a request, encoded. */
export type Answer = Uint8Array;

export interface RequestNodeParts {
  readonly pendingResponsesMax: number;
  /** Never rejects. */
  readonly answer: (request: AmqpMessage, link: IncomingLink) => Promise<Answer>;
}

/**
 * A node that is asked on one link and answers on another, such as `$cbs`. Requests are taken up one after
 * another; each is settled before its answer is sent, because some clients insist on that order.
 */
export class RequestNode {
  readonly #parts: RequestNodeParts;
  readonly #requestLinks = new Set<IncomingLink>();
  readonly #replyLinks = new Set<OutgoingLink>();
  readonly #queues = new WeakMap<OutgoingLink, Answer[]>();
  #working: Promise<void> = Promise.resolve();
  #pendingCount = 0;

  constructor(parts: RequestNodeParts) {
    this.#parts = parts;
  }

  /** A link on which requests come. */
  acceptRequests(link: IncomingLink): void {
    this.#requestLinks.add(link);
    link.onDetached(() => this.#requestLinks.delete(link));
    link.handler = (delivery) => this.#take(link, delivery);
    link.accept();
  }

  /** A link on which answers go out. */
  acceptReplies(link: OutgoingLink): void {
    const queue: Answer[] = [];
    this.#queues.set(link, queue);
    this.#replyLinks.add(link);
    link.onDetached(() => this.#replyLinks.delete(link));
    link.handler = () => sendQueued(link, queue);
    link.accept();
  }

  /** Ends the links of one direction. */
  detach(direction: "requests" | "replies", error: AmqpErrorFields): void {
    const links = direction === "requests" ? this.#requestLinks : this.#replyLinks;
    for (const link of [...links]) link.detach(error);
  }

  #take(link: IncomingLink, delivery: Delivery): void {
    const request = readMessage(delivery.payload);
    if (this.#pendingCount >= this.#parts.pendingResponsesMax) {
      link.detach({
        condition: "amqp:resource-limit-exceeded",
        description: "Too many requests wait for their answer",
      });
      return;
    }
    this.#pendingCount += 1;
    link.settle(delivery);
    this.#working = this.#working
      .then(() => this.#parts.answer(request, link))
      .then((answer) => this.#reply(request, link, answer))
      .finally(() => (this.#pendingCount -= 1));
  }

  #reply(request: AmqpMessage, from: IncomingLink, answer: Answer): void {
    const link = this.#replyLinkFor(request.properties.replyTo, from);
    const queue = link && this.#queues.get(link);
    // Nobody to tell: the client has detached, or never attached, the link it wants the answer on.
    if (link === undefined || queue === undefined) return;
    if (queue.length >= this.#parts.pendingResponsesMax) {
      link.detach({
        condition: "amqp:resource-limit-exceeded",
        description: "Too many answers wait for credit",
      });
      return;
    }
    queue.push(answer);
    link.wake();
  }

  /** The link whose target is the reply-to, else the newest one of the same session, else the newest. */
  #replyLinkFor(replyTo: string | undefined, from: IncomingLink): OutgoingLink | undefined {
    const links = [...this.#replyLinks].toReversed();
    return (
      links.find((link) => replyTo !== undefined && link.attach.target?.address === replyTo) ??
      links.find((link) => link.session === from.session) ??
      links[0]
    );
  }
}

function sendQueued(link: OutgoingLink, queue: Answer[]): boolean {
  while (queue.length > 0 && link.canSend) {
    const answer = queue.shift()!;
    link.send({ bytes: answer.length, write: (target, at) => target.set(answer, at) });
  }
  if (queue.length === 0) link.finishDrain();
  return queue.length > 0 && link.isWanted;
}
