import type { FileNotification } from "@larimar/domain";

export const FILE_NOTIFICATION_CONTENT_TYPE =
  "application/vnd.microsoft.iothub.filenotification.json";

/**
 * One line; every member is there because one client needs it, and the time of the last change has an offset
 * and no fraction because that is how it reads times. (protocol reference: service-facing 4.5)
 */
export function fileNotificationBody(notification: FileNotification): string {
  const { lastUpdatedAtMs, enqueuedAtMs } = notification;
  return JSON.stringify({
    deviceId: notification.deviceId,
    blobUri: notification.blobUri,
    blobName: notification.blobName,
    lastUpdatedTime: new Date(lastUpdatedAtMs).toISOString().replace(/\.\d+Z$/, "+00:00"),
    blobSizeInBytes: notification.blobSizeBytes,
    enqueuedTimeUtc: new Date(enqueuedAtMs).toISOString(),
  });
}
