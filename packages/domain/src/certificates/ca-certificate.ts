import type { X509Certificate } from "./certificate.ts";

/** A certificate authority of the service, trusted once its owner has proved to have its key. */
export interface CaCertificate {
  readonly name: string;
  readonly etag: string;
  readonly certificate: X509Certificate;
  readonly isVerified: boolean;
  /** What a certificate signed by this authority has to carry as its common name to verify it. */
  readonly verificationCode: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface CaCertificateStore {
  find(name: string): Promise<CaCertificate | undefined>;
  /** Compare-and-set: no expected etag means "must not exist yet". */
  put(
    certificate: CaCertificate,
    expectedEtag: string | undefined,
  ): Promise<"written" | "conflict">;
  /** No expected etag deletes whatever is there. */
  delete(
    name: string,
    expectedEtag: string | undefined,
  ): Promise<"deleted" | "missing" | "conflict">;
  /** All of them, by name: their number is limited. */
  list(): Promise<readonly CaCertificate[]>;
}
