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
  for (const name in system) {
    const value = system[name as keyof SystemProperties];
    if (value !== undefined) sizeBytes += sizeOf(value);
  }
  for (const [key, value] of application) sizeBytes += utf8Length(key) + sizeOf(value);
  return { system, application, sizeBytes };
}

export const NO_PROPERTIES: MessageProperties = messageProperties({}, new Map());

function sizeOf(value: PropertyValue): number {
  return typeof value === "string" ? utf8Length(value) : 8;
}

/** A pair of surrogates counts four bytes, one alone the three of the character that replaces it. */
function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (isPair(text, index)) {
      length += 2;
      index += 1;
    } else length += 2;
  }
  return length;
}

function isPair(text: string, index: number): boolean {
  return (
    (text.charCodeAt(index) & 0xfc00) === 0xd800 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00
  );
}
