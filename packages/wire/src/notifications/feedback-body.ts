import type { FeedbackRecord } from "@larimar/domain";

export const FEEDBACK_CONTENT_TYPE = "application/vnd.microsoft.iothub.feedback.json";

const DESCRIPTIONS: Readonly<Record<FeedbackRecord["outcome"], string>> = {
  Success: "Success",
  Expired: "Message expired",
  DeliveryCountExceeded: "Message delivery count exceeded",
  Rejected: "Message rejected",
  Purged: "Message purged",
};

/** One line of printable ASCII: one client reads it through a dump. (protocol reference: service-facing 4.4) */
export function feedbackBody(records: readonly FeedbackRecord[]): string {
  return JSON.stringify(
    records.map((record) => ({
      originalMessageId: record.originalMessageId,
      enqueuedTimeUtc: new Date(record.enqueuedAtMs).toISOString(),
      statusCode: record.outcome,
      description: DESCRIPTIONS[record.outcome],
      deviceId: record.deviceId,
      deviceGenerationId: record.deviceGenerationId,
    })),
  );
}
