import type { Certificates } from "../../certificates/certificate.ts";

export interface TpmSealRequest {
  /** Base64 of TPM2B_PUBLIC. */
  readonly endorsementKey: string;
  readonly storageRootKey: string;
  /** The secret, base64. */
  readonly key: string;
}

/** What the provisioning rules need from a cryptographic library, beyond `Secrets`. */
export interface ProvisioningCrypto {
  readonly certificates: Certificates;
  /** Base64 of HMAC-SHA256 under a base64 key, over UTF-8 text. */
  deriveKey(key: string, text: string): string;
  /** A text that is the same only for the same text, and tells nothing about it. */
  digest(text: string): string;
  /** Compares what base64 texts stand for, in constant time; false when either is not base64. */
  isSameBase64(left: string, right: string): boolean;
  isBase64(text: string): boolean;
  /**
   * Wraps a key so that only the TPM with these keys can use it: the activation blob, base64. Undefined when
   * the texts are not such keys.
   */
  sealForTpm(request: TpmSealRequest): string | undefined;
}
