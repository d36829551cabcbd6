import type { FeedbackRecord, NotificationBatch, NotificationReceiver } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import type { Outcome } from "@larimar/wire";
import {
  ACCEPTED,
  FEEDBACK_CONTENT_TYPE,
  encodeNotification,
  encodeRejected,
  feedbackBody,
  lockTokenTag,
} from "@larimar/wire";
import type { OutgoingLink } from "../engine/outgoing-link.ts";
import { toAmqpError } from "../error-conditions.ts";
import type { LinkServices } from "../link-services.ts";
import { openServiceAccess } from "./service-access.ts";

/** Batches that a client has been sent and has not settled. */
const UNSETTLED_MAX = 16;

type Batch = NotificationBatch<FeedbackRecord>;

/** A back end hears what became of its commands. (protocol reference: service-facing 4.4) */
export function openFeedbackReceiver(
  link: OutgoingLink,
  path: readonly string[],
  services: LinkServices,
): void {
  const { hub, authorize } = openServiceAccess(path, services);
  const waiting: Batch[] = [];
  let unsettled = 0;
  const settle = async (batch: Batch, outcome: Outcome | undefined): Promise<Uint8Array> => {
    unsettled -= 1;
    try {
      if (outcome === "accepted" || outcome === "rejected") {
        await hub.feedback.complete(batch.lockToken);
      } else await hub.feedback.abandon(batch.lockToken);
    } catch (error) {
      if (!(error instanceof HubError)) {
        services.log.error({ hub: hub.settings.name, err: error }, "feedback could not be settled");
      }
      return encodeRejected(toAmqpError(error));
    }
    void hub.feedback.pump();
    // Also after an abandon: one client throws at any other answer.
    return ACCEPTED;
  };
  const receiver: NotificationReceiver<FeedbackRecord> = {
    // Only what the client has asked for is locked: others may be waiting for the rest.
    get capacity() {
      return link.isWanted && waiting.length === 0 ? UNSETTLED_MAX - unsettled : 0;
    },
    deliver: (batch) => {
      unsettled += 1;
      waiting.push(batch);
      link.wake();
    },
  };
  link.handler = () => {
    while (waiting.length > 0 && link.canSend) {
      const batch = waiting.shift()!;
      link.sendTracked({
        payload: encodeNotification({
          contentType: FEEDBACK_CONTENT_TYPE,
          hubName: hub.settings.name,
          enqueuedAtMs: batch.enqueuedAtMs,
          json: feedbackBody(batch.records),
        }),
        tag: lockTokenTag(batch.lockToken),
        onOutcome: (outcome) => settle(batch, outcome),
      });
    }
    if (waiting.length === 0) {
      link.finishDrain();
      void hub.feedback.pump();
    }
    return waiting.length > 0 && link.isWanted;
  };
  link.accept();
  const subscription = hub.feedback.subscribe(receiver);
  link.onDetached(() => {
    subscription[Symbol.dispose]();
    for (const batch of waiting.splice(0)) void settle(batch, undefined);
  });
  services.detachAtExpiry(link, authorize);
}
