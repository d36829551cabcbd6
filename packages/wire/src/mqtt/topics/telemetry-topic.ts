/** Where a device or module publishes its telemetry. */
export interface TelemetryTopic {
  readonly deviceId: string;
  readonly moduleId: string | undefined;
  /** Everything after `messages/events/`, slashes included: not every SDK encodes them. */
  readonly bag: string;
}

// Ids are compared by whoever asks; only the fixed words are read without case.
const TELEMETRY_TOPIC =
  /^devices\/(?<deviceId>[^/]+)(?:\/modules\/(?<moduleId>[^/]+))?\/messages\/events(?:\/(?<bag>.*))?$/is;

/** Undefined for every other topic. (protocol reference: device-facing 3.5) */
export function parseTelemetryTopic(topic: string): TelemetryTopic | undefined {
  const groups = TELEMETRY_TOPIC.exec(topic)?.groups;
  if (groups?.["deviceId"] === undefined) return undefined;
  return { deviceId: groups["deviceId"], moduleId: groups["moduleId"], bag: groups["bag"] ?? "" };
}
