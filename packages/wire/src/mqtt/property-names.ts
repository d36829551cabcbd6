import type { SystemProperties } from "@larimar/domain";

type TextProperty = Exclude<keyof SystemProperties, "expiresAtMs">;

/** The key of a message's expiry, the one system property that is not a text in the domain. */
export const EXPIRY_KEY = "$.exp";

/**
 * What system properties are called in topics, in the order in which they are written. One table for
 * both directions. (protocol reference: device-facing 3.5)
 */
export const TEXT_PROPERTY_KEYS: readonly (readonly [key: string, property: TextProperty])[] = [
  ["$.mid", "messageId"],
  ["$.cid", "correlationId"],
  ["$.uid", "userId"],
  ["$.to", "to"],
  ["$.ct", "contentType"],
  ["$.ce", "contentEncoding"],
  ["$.ctime", "creationTime"],
  ["$.on", "outputName"],
  ["$.ifid", "interfaceId"],
  ["$.sub", "componentName"],
  ["$.schema", "messageSchema"],
];

export const TEXT_PROPERTY_BY_KEY: ReadonlyMap<string, TextProperty> = new Map(TEXT_PROPERTY_KEYS);

/** By either spelling of the dollar sign, so that what nearly every message has need not be decoded. */
export const TEXT_PROPERTY_BY_WRITTEN_KEY: ReadonlyMap<string, TextProperty> = new Map(
  TEXT_PROPERTY_KEYS.flatMap(([key, property]) => [
    [key, property],
    [key.replace("$", "%24"), property],
  ]),
);

/** Who sent a message is for the hub to say, so what a client claims is not even looked at. */
export const IGNORED_KEYS: ReadonlySet<string> = new Set(["$.cdid", "$.cmid"]);
