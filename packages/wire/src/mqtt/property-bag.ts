import type { MessageProperties, PropertyValue, SystemProperties } from "@larimar/domain";
import { messageProperties } from "@larimar/domain";
import { formatTimestamp, parseTimestamp } from "./timestamp.ts";
import { percentDecode, percentEncode } from "./percent-encoding.ts";
import {
  EXPIRY_KEY,
  IGNORED_KEYS,
  TEXT_PROPERTY_BY_KEY,
  TEXT_PROPERTY_BY_WRITTEN_KEY,
  TEXT_PROPERTY_KEYS,
} from "./property-names.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Reads `key=value&…` from the end of a topic. `extra` are application properties the packet itself stands
 * for; they win. (protocol reference: device-facing 3.5)
 */
export function parsePropertyBag(
  bag: string,
  extra: readonly (readonly [key: string, value: PropertyValue])[] = [],
): MessageProperties {
  const system: Writable<SystemProperties> = {};
  const application = new Map<string, PropertyValue>();
  const withoutMark = bag.startsWith("?") ? bag.slice(1) : bag;
  const items = withoutMark.endsWith("/") ? withoutMark.slice(0, -1) : withoutMark;
  for (const item of items.split("&")) {
    const equals = item.indexOf("=");
    const writtenKey = equals < 0 ? item : item.slice(0, equals);
    const value = equals < 0 ? "" : percentDecode(item.slice(equals + 1));
    const name = TEXT_PROPERTY_BY_WRITTEN_KEY.get(writtenKey);
    if (name === undefined) setOther(system, application, percentDecode(writtenKey), value);
    else system[name] = value;
  }
  for (const [key, value] of extra) application.set(key, value);
  return messageProperties(system, application);
}

/**
 * Writes system properties first and `$` as `%24`, as SDKs expect. Empty values are left out: one SDK drops
 * the connection when it meets one. (protocol reference: device-facing 3.6)
 */
export function formatPropertyBag({ system, application }: MessageProperties): string {
  const items: string[] = [];
  for (const [key, name] of TEXT_PROPERTY_KEYS) addItem(items, key, system[name] ?? "");
  if (system.expiresAtMs !== undefined) {
    addItem(items, EXPIRY_KEY, formatTimestamp(system.expiresAtMs) ?? "");
  }
  for (const [key, value] of application) {
    const isReserved = TEXT_PROPERTY_BY_KEY.has(key) || IGNORED_KEYS.has(key) || key === EXPIRY_KEY;
    if (key !== "" && !isReserved) addItem(items, key, String(value));
  }
  return items.join("&");
}

function setOther(
  system: Writable<SystemProperties>,
  application: Map<string, PropertyValue>,
  key: string,
  value: string,
): void {
  if (key === "" || IGNORED_KEYS.has(key)) return;
  const name = TEXT_PROPERTY_BY_KEY.get(key);
  if (name !== undefined) system[name] = value;
  else if (key === EXPIRY_KEY) setExpiry(system, value);
  else application.set(key, value);
}

/** An expiry nobody can read is no expiry. */
function setExpiry(system: Writable<SystemProperties>, value: string): void {
  const expiresAtMs = parseTimestamp(value);
  if (expiresAtMs === undefined) delete system.expiresAtMs;
  else system.expiresAtMs = expiresAtMs;
}

function addItem(items: string[], key: string, value: string): void {
  if (value !== "") items.push(`${percentEncode(key)}=${percentEncode(value)}`);
}
