/**
 * How the 44-character text of a key becomes HMAC bytes. IoT SDKs decode it from base64; Event Hubs SDKs
 * use the text itself. Both reach the events endpoint.
 */
export type KeyReading = "base64" | "utf8";

export interface SignatureCheck {
  readonly key: string;
  readonly keyReading: KeyReading;
  /** The exact text that was signed. */
  readonly text: string;
  /** The base64 text of the signature. */
  readonly signature: string;
}

/** What the rules need from a cryptographic library; the composition root brings the real one. */
export interface Secrets {
  /** A new random symmetric key: 32 bytes, base64. */
  createKey(): string;
  /** A new random identifier of lower-case hex digits and hyphens. */
  createUuid(): string;
  /** A new opaque version text; base64, as clients of the registry expect. */
  createEtag(): string;
  /** Compares in constant time. */
  isSignedBy(check: SignatureCheck): boolean;
  /** True for base64 text of 16 to 64 bytes, the only keys the registry takes. */
  isKey(text: string): boolean;
}
