import type { CommandAck, LockedCommand } from "@larimar/domain";

export const LOCK_TIMEOUT_NAME = "iothub-messagelocktimeout";

const LOCK_SECONDS_MIN = 5;
const LOCK_SECONDS_MAX = 300;

const ACKS: readonly CommandAck[] = ["none", "positive", "negative", "full"];

/** A hint: nothing, or no number, means the hub's own duration, and what is out of range its nearest end. */
export function readLockDurationMs(seconds: string | undefined): number | undefined {
  const value = Number(seconds?.trim() || Number.NaN);
  if (Number.isNaN(value)) return undefined;
  return 1000 * Math.min(Math.max(value, LOCK_SECONDS_MIN), LOCK_SECONDS_MAX);
}

/** Any case; what is no wish is none. */
export function readCommandAck(header: string | undefined): CommandAck {
  const wish = header?.trim().toLowerCase();
  return ACKS.find((ack) => ack === wish) ?? "none";
}

/**
 * What a device on HTTPS is told of a command beside its body. Content type and encoding come under two
 * names, because each client looks for one of them only. (protocol reference: device-facing 5.3)
 */
export function commandHeaders(command: LockedCommand): Readonly<Record<string, string>> {
  const { key, message, ack } = command;
  const { system, application } = message.properties;
  const module = key.moduleId === undefined ? "" : `/modules/${key.moduleId}`;
  const headers = new Map<string, string | undefined>([
    // Clients quote it back, or take the quotes off; one refuses a token without.
    ["ETag", `"${command.lockToken}"`],
    ["iothub-messageid", system.messageId],
    ["iothub-correlationid", system.correlationId],
    ["iothub-userid", system.userId],
    ["iothub-to", `/devices/${key.deviceId}${module}/messages/devicebound`],
    ["iothub-expiry", formatInstant(system.expiresAtMs)],
    ["iothub-ack", ack === "none" ? undefined : ack],
    ["iothub-sequencenumber", String(command.sequenceNumber)],
    ["iothub-enqueuedtime", formatInstant(command.enqueuedAtMs)],
    ["iothub-deliverycount", String(command.deliveryCount)],
    ["ContentType", system.contentType],
    ["iothub-contenttype", system.contentType],
    ["ContentEncoding", system.contentEncoding],
    ["iothub-contentencoding", system.contentEncoding],
  ]);
  for (const [name, value] of application) {
    headers.set(`iothub-app-${escapeName(name)}`, String(value));
  }
  const present: [string, string][] = [];
  for (const [name, value] of headers)
    if (value !== undefined) present.push([name, onOneLine(value)]);
  return Object.fromEntries(present);
}

function formatInstant(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** Senders may name properties as no header can be named: such characters are percent-encoded. [RFC 9110 5.6.2] */
function escapeName(name: string): string {
  return name.replaceAll(/[^\w!#$%&'*+.^`|~-]/gu, (character) =>
    Array.from(
      new TextEncoder().encode(character),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    ).join(""),
  );
}

/** A line break would end the header. [RFC 9110 5.5] */
function onOneLine(value: string): string {
  return value.replaceAll(/\p{Cc}/gu, " ");
}
