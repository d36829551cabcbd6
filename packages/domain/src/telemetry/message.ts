export type PropertyValue = string | number | boolean;

/** What the sender said about a message in the protocol's own words, not the application's. */
export interface SystemProperties {
  readonly messageId?: string;
  readonly correlationId?: string;
  readonly userId?: string;
  readonly to?: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly expiresAtMs?: number;
  /** As the device wrote it. */
  readonly creationTime?: string;
  readonly outputName?: string;
  readonly interfaceId?: string;
  /** The component of a plug-and-play device (`dt-subject`). */
  readonly componentName?: string;
  readonly messageSchema?: string;
}

/**
 * Immutable, and meant to be shared: a device sends the same properties with message after message, so a
 * head keeps the parsed object and the encoder keeps what it made of it.
 */
export interface MessageProperties {
  readonly system: SystemProperties;
  readonly application: ReadonlyMap<string, PropertyValue>;
  /** What they count towards the size limit. */
  readonly sizeBytes: number;
}

export interface Message {
  readonly properties: MessageProperties;
  readonly body: Uint8Array;
}

export function messageProperties(
  system: SystemProperties,
  application: ReadonlyMap<string, PropertyValue>,
): MessageProperties {
  let sizeBytes = 0;
  for (const value of Object.values(system)) sizeBytes += sizeOf(value as PropertyValue);
  for (const [key, value] of application) sizeBytes += utf8Length(key) + sizeOf(value);
  return { system, application, sizeBytes };
}

export const NO_PROPERTIES: MessageProperties = messageProperties({}, new Map());

function sizeOf(value: PropertyValue): number {
  return typeof value === "string" ? utf8Length(value) : 8;
}

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    length += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x1_0000 ? 3 : 4;
  }
  return length;
}
