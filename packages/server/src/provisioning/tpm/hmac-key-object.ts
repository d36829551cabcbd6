import { createHash, randomBytes } from "node:crypto";
import { TPM_ALG } from "./tpm-algorithms.ts";
import { encryptOnce } from "./tpm-protection.ts";
import { tpm2b, uint16, uint32 } from "./tpm-writer.ts";

/** userWithAuth and sign; neither fixedTPM nor fixedParent, so that it can be imported. [TPM 2.0 part 2, 8.3] */
const ATTRIBUTES = (1 << 6) | (1 << 18);

/** A key for HMAC-SHA256 as an object of a TPM. */
export interface HmacKeyObject {
  /** TPM2B_PUBLIC */
  readonly publicArea: Buffer;
  readonly name: Buffer;
  /** TPM2B_SENSITIVE */
  readonly sensitive: Buffer;
}

export function createHmacKeyObject(key: Buffer): HmacKeyObject {
  const obfuscation = randomBytes(32);
  const area = Buffer.concat([
    uint16(TPM_ALG.keyedHash),
    uint16(TPM_ALG.sha256),
    uint32(ATTRIBUTES),
    tpm2b(Buffer.alloc(0)), // no policy
    uint16(TPM_ALG.hmac),
    uint16(TPM_ALG.sha256),
    tpm2b(createHash("sha256").update(obfuscation).update(key).digest()),
  ]);
  const sensitive = Buffer.concat([
    uint16(TPM_ALG.keyedHash),
    tpm2b(Buffer.alloc(0)), // used with an empty password
    tpm2b(obfuscation),
    tpm2b(key),
  ]);
  return {
    publicArea: tpm2b(area),
    name: Buffer.concat([uint16(TPM_ALG.sha256), createHash("sha256").update(area).digest()]),
    sensitive: tpm2b(sensitive),
  };
}

/** The inner wrapper of a duplicated object, under a key that travels by another way. [TPM 2.0 part 1, 23.3] */
export function wrapInner({ sensitive, name }: HmacKeyObject, innerKey: Buffer): Buffer {
  const integrity = createHash("sha256").update(sensitive).update(name).digest();
  return encryptOnce(innerKey, Buffer.concat([tpm2b(integrity), sensitive]));
}
