import type {
  DataAction,
  FeedbackRecord,
  FileNotification,
  Hub,
  NotificationBatch,
  NotificationQueue,
  NotificationReceiver,
} from "@larimar/domain";
import { HubError } from "@larimar/domain";
import type { Outcome } from "@larimar/wire";
import {
  ACCEPTED,
  FEEDBACK_CONTENT_TYPE,
  FILE_NOTIFICATION_CONTENT_TYPE,
  encodeNotification,
  encodeRejected,
  feedbackBody,
  fileNotificationBody,
  lockTokenTag,
} from "@larimar/wire";
import type { OutgoingLink } from "../engine/outgoing-link.ts";
import { toAmqpError } from "../error-conditions.ts";
import type { LinkServices } from "./link-services.ts";
import { openServiceAccess } from "./service-access.ts";

/** Batches that a client has been sent and has not settled. */
const UNSETTLED_MAX = 16;

/** One kind of news for back ends: where it waits, and how it is told. */
interface Notifications<Record> {
  readonly queueOf: (hub: Hub) => NotificationQueue<Record>;
  /** What a caller with a role needs for it. */
  readonly action: DataAction;
  readonly contentType: string;
  readonly describe: (records: readonly Record[]) => string;
}

/** What became of commands. (protocol reference: service-facing 4.4) */
export const FEEDBACK: Notifications<FeedbackRecord> = {
  queueOf: (hub) => hub.feedback,
  action: "cloudToDeviceMessages/feedback/action",
  contentType: FEEDBACK_CONTENT_TYPE,
  describe: feedbackBody,
};

/** Files that devices have uploaded; they come one by one. (protocol reference: service-facing 4.5) */
export const FILE_NOTIFICATIONS: Notifications<FileNotification> = {
  queueOf: (hub) => hub.fileNotifications,
  action: "fileUpload/notifications/action",
  contentType: FILE_NOTIFICATION_CONTENT_TYPE,
  describe: (records) => records.map(fileNotificationBody).join(""),
};

/** A back end listens; competing receivers share one queue. */
export function openNotificationReceiver<Record>(
  link: OutgoingLink,
  path: readonly string[],
  services: LinkServices,
  { queueOf, action, contentType, describe }: Notifications<Record>,
): void {
  const { hub, authorize } = openServiceAccess(path, action, services);
  const queue = queueOf(hub);
  const waiting: NotificationBatch<Record>[] = [];
  let unsettled = 0;
  const settle = async (
    { lockToken }: NotificationBatch<Record>,
    outcome: Outcome | undefined,
  ): Promise<Uint8Array> => {
    unsettled -= 1;
    try {
      if (outcome === "accepted" || outcome === "rejected") await queue.complete(lockToken);
      else await queue.abandon(lockToken);
    } catch (error) {
      if (!(error instanceof HubError)) {
        services.log.error({ hub: hub.settings.name, err: error }, "notification was not settled");
      }
      return encodeRejected(toAmqpError(error));
    }
    void queue.pump();
    // Also after an abandon: one client throws at any other answer.
    return ACCEPTED;
  };
  const receiver: NotificationReceiver<Record> = {
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
          contentType,
          hubName: hub.settings.name,
          enqueuedAtMs: batch.enqueuedAtMs,
          json: describe(batch.records),
        }),
        tag: lockTokenTag(batch.lockToken),
        onOutcome: (outcome) => settle(batch, outcome),
      });
    }
    if (waiting.length === 0) {
      link.finishDrain();
      void queue.pump();
    }
    return waiting.length > 0 && link.isWanted;
  };
  link.accept();
  const subscription = queue.subscribe(receiver);
  link.onDetached(() => {
    subscription[Symbol.dispose]();
    for (const batch of waiting.splice(0)) void settle(batch, undefined);
  });
  services.detachAtExpiry(link, authorize);
}
