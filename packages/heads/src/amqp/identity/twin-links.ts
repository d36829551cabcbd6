import { randomUUID } from "node:crypto";
import type { Clock, DesiredInlet } from "@larimar/domain";
import { HubError, isJsonObject } from "@larimar/domain";
import type { TwinRequest } from "@larimar/wire";
import {
  REST_ERRORS,
  desiredPatchDocument,
  deviceTwinDocument,
  encodeDesiredNotification,
  encodeTwinAnswer,
  errorDescription,
  readMessage,
  readTwinRequest,
} from "@larimar/wire";
import type { IncomingLink } from "../engine/incoming-link.ts";
import type { OutgoingLink } from "../engine/outgoing-link.ts";
import { OutgoingQueue } from "../links/outgoing-queue.ts";
import { parseJson } from "../../parse-json.ts";
import type { IdentitySession } from "./identity-sessions.ts";

interface Parts {
  readonly owner: IdentitySession;
  readonly clock: Clock;
  readonly onUnexpected: (error: unknown) => void;
}

const NOTHING = new Uint8Array();

/** The twin of one identity: requests come on one link, answers and notifications go out on another. */
export class TwinLinks {
  readonly #parts: Parts;
  #answers: OutgoingQueue | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  openAnswers(link: OutgoingLink): void {
    const queue = new OutgoingQueue(link);
    link.accept();
    this.#answers = queue;
    link.onDetached(() => {
      if (this.#answers !== queue) return;
      this.#answers = undefined;
      this.#parts.owner.session.desired = undefined;
    });
  }

  openRequests(link: IncomingLink): void {
    link.handler = (delivery) => {
      const request = readTwinRequest(readMessage(delivery.payload));
      void this.#answer(request).then((answer) => {
        // One client takes itself for subscribed as soon as its request is settled.
        link.settle(delivery);
        this.#answers?.push(answer);
      });
    };
    link.accept();
  }

  async #answer(request: TwinRequest): Promise<Uint8Array> {
    const { correlationId } = request;
    try {
      return encodeTwinAnswer({ correlationId, ...(await this.#perform(request)) });
    } catch (error) {
      return encodeTwinAnswer({ correlationId, ...this.#describe(error) });
    }
  }

  async #perform(
    request: TwinRequest,
  ): Promise<{ status: number; version?: number; body: Uint8Array }> {
    const { hub, session } = this.#parts.owner;
    switch (request.operation) {
      case "get": {
        const document = deviceTwinDocument(await hub.twins.get(session.identity));
        return { status: 200, body: Buffer.from(JSON.stringify(document)) };
      }
      case "patchReported": {
        const patch = parseJson(request.body);
        if (!isJsonObject(patch)) {
          throw new HubError("ArgumentInvalid", "The body is not a UTF-8 JSON object");
        }
        const { expectedVersion } = request;
        const reported = await hub.twins.patchReported(session.identity, patch, expectedVersion);
        return { status: 204, version: reported.version, body: NOTHING };
      }
      case "subscribe":
        session.desired = this.#desiredInlet();
        return { status: 200, body: NOTHING };
      case "unsubscribe":
        session.desired = undefined;
        return { status: 200, body: NOTHING };
      case "unknown":
        throw new HubError("ArgumentInvalid", "The operation on the twin is not known");
    }
  }

  #desiredInlet(): DesiredInlet {
    return {
      notify: (change) => {
        const body = Buffer.from(JSON.stringify(desiredPatchDocument(change)));
        this.#answers?.push(encodeDesiredNotification(change.version, body));
      },
    };
  }

  #describe(error: unknown): { status: number; body: Uint8Array } {
    const isExpected = error instanceof HubError;
    if (!isExpected) this.#parts.onUnexpected(error);
    const row = REST_ERRORS[isExpected ? error.code : "InternalError"];
    const description = errorDescription({
      error: row,
      message: isExpected ? error.message : "Something went wrong on the server",
      trackingGuid: randomUUID().replaceAll("-", ""),
      nowMs: this.#parts.clock.now(),
    });
    return { status: row.status, body: Buffer.from(description) };
  }
}
