import { constants, createCipheriv, createHmac, publicEncrypt, randomBytes } from "node:crypto";
import type { TpmStorageKey } from "./tpm-public.ts";
import { tpm2b, uint32 } from "./tpm-writer.ts";

/** Symmetric keys of the storage keys that are read here. */
const AES_BITS = 128;
const SHA256_BITS = 256;

/** Counter mode with HMAC-SHA256; one block is enough for everything here. [TPM 2.0 part 1, 11.4.10.2] */
function deriveKey(seed: Buffer, label: string, context: Buffer, bits: number): Buffer {
  return createHmac("sha256", seed)
    .update(uint32(1))
    .update(`${label}\0`)
    .update(context)
    .update(uint32(bits))
    .digest()
    .subarray(0, bits / 8);
}

/** AES-128-CFB with an initialization vector of zeroes: each key is used once. */
export function encryptOnce(key: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv("aes-128-cfb", key, Buffer.alloc(16));
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

export interface ProtectedSecret {
  /** What protects the secret, and the secret. */
  readonly content: Buffer;
  /** TPM2B_ENCRYPTED_SECRET: the seed of that protection, for the storage key alone. */
  readonly seed: Buffer;
}

/**
 * The outer wrapper that credentials and duplicated objects share: encrypted and authenticated with keys from a
 * seed that only the storage key's TPM can decrypt, and bound to an object's name. [TPM 2.0 part 1, 23.3, 24]
 */
export function protectFor(
  storageKey: TpmStorageKey,
  label: "IDENTITY" | "DUPLICATE",
  objectName: Buffer,
  plain: Buffer,
): ProtectedSecret {
  const seed = randomBytes(SHA256_BITS / 8);
  const encrypted = encryptOnce(deriveKey(seed, "STORAGE", objectName, AES_BITS), plain);
  const integrityKey = deriveKey(seed, "INTEGRITY", Buffer.alloc(0), SHA256_BITS);
  const integrity = createHmac("sha256", integrityKey)
    .update(encrypted)
    .update(objectName)
    .digest();
  const encryptedSeed = publicEncrypt(
    {
      key: storageKey.publicKey,
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: "sha256",
      oaepLabel: Buffer.from(`${label}\0`),
    },
    seed,
  );
  return { content: Buffer.concat([tpm2b(integrity), encrypted]), seed: tpm2b(encryptedSeed) };
}
