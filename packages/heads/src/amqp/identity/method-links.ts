import { randomUUID } from "node:crypto";
import type { MethodCall, MethodInlet, MethodRequest, MethodResponse } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import { encodeMethodRequest, readMessage, readMethodAnswer, uuidBytes } from "@larimar/wire";
import type { IncomingLink } from "../engine/incoming-link.ts";
import type { OutgoingLink } from "../engine/outgoing-link.ts";
import { OutgoingQueue } from "../links/outgoing-queue.ts";
import { parseJson } from "../../parse-json.ts";
import type { IdentitySession } from "./identity-sessions.ts";

interface Pending {
  resolve(response: MethodResponse): void;
  reject(error: HubError): void;
}

/**
 * Method calls of one identity. Requests go out on one link and answers come on another; whichever links the
 * client attached last are the ones in use.
 */
export class MethodLinks implements MethodInlet {
  readonly #owner: IdentitySession;
  readonly #pending = new Map<string, Pending>();
  #requests: OutgoingQueue | undefined;

  constructor(owner: IdentitySession) {
    this.#owner = owner;
  }

  openRequests(link: OutgoingLink): void {
    const queue = new OutgoingQueue(link);
    link.accept();
    this.#requests = queue;
    this.#owner.session.methods = this;
    link.onDetached(() => {
      if (this.#requests !== queue) return;
      this.#requests = undefined;
      this.#owner.session.methods = undefined;
    });
  }

  openAnswers(link: IncomingLink): void {
    link.handler = (delivery) => {
      const answer = readMethodAnswer(readMessage(delivery.payload));
      link.settle(delivery);
      this.#take(answer);
    };
    link.accept();
  }

  invoke({ name, payload }: MethodRequest): MethodCall {
    // The one type of id that every client takes. (protocol reference: device-facing 4.8)
    const correlationId = randomUUID();
    const response = new Promise<MethodResponse>((resolve, reject) => {
      this.#pending.set(correlationId, { resolve, reject });
    });
    const body = Buffer.from(JSON.stringify(payload ?? null));
    this.#requests?.push(
      encodeMethodRequest({ correlationId: uuidBytes(correlationId), name, body }),
    );
    return { response, abandon: () => void this.#pending.delete(correlationId) };
  }

  /** Answers that nobody waits for any more are dropped. */
  #take({ correlationId, status, body }: ReturnType<typeof readMethodAnswer>): void {
    const pending = correlationId === undefined ? undefined : this.#pending.get(correlationId);
    if (pending === undefined || correlationId === undefined) return;
    this.#pending.delete(correlationId);
    const payload = body.length === 0 ? null : parseJson(body);
    if (payload === undefined || status === undefined) {
      pending.reject(new HubError("BadDeviceResponse", "The device's answer cannot be read"));
    } else pending.resolve({ status, payload });
  }
}
