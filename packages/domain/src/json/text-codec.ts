/** How a message says that its body is written. */
export type TextEncoding = "utf-8" | "utf-16" | "utf-32";

/** Text as bytes; the composition root brings it. */
export interface TextCodec {
  /** As UTF-8. */
  encode(text: string): Uint8Array;
  /** Undefined for bytes that are no text in this encoding. */
  decode(bytes: Uint8Array, encoding: TextEncoding): string | undefined;
}
