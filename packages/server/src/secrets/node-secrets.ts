import { createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { Secrets, SignatureCheck } from "@larimar/domain";

const KEY_BYTES = 32;
const ETAG_BYTES = 8;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What the rules need of cryptography, from Node's own library. */
export class NodeSecrets implements Secrets {
  createKey(): string {
    return randomBytes(KEY_BYTES).toString("base64");
  }

  createUuid(): string {
    return randomUUID();
  }

  createEtag(): string {
    return randomBytes(ETAG_BYTES).toString("base64");
  }

  isSignedBy({ key, keyReading, text, signature }: SignatureCheck): boolean {
    const expected = createHmac("sha256", Buffer.from(key, keyReading)).update(text).digest();
    const presented = Buffer.from(signature, "base64");
    // Only the length of a forged signature can be learned from the time this takes.
    return presented.length === expected.length && timingSafeEqual(presented, expected);
  }

  isKey(text: string): boolean {
    if (!BASE64.test(text)) return false;
    const { length } = Buffer.from(text, "base64");
    return length >= 16 && length <= 64;
  }
}
