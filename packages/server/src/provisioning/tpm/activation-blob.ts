import { randomBytes } from "node:crypto";
import { createHmacKeyObject, wrapInner } from "./hmac-key-object.ts";
import { parseTpmPublic } from "./tpm-public.ts";
import { protectFor } from "./tpm-protection.ts";
import { tpm2b } from "./tpm-writer.ts";

/** Clients take the key for AES-128 from it. */
const INNER_KEY_BYTES = 16;

/**
 * Seals an HMAC key so that only the TPM with these two keys can use it, and nobody can read it: its inner key
 * is a credential for the endorsement key, bound to the storage root key, and the storage root key is its new
 * parent. Undefined when the keys are not RSA storage keys. (protocol reference: provisioning 6.4)
 */
export function createActivationBlob(request: {
  readonly endorsementKey: Uint8Array;
  readonly storageRootKey: Uint8Array;
  readonly key: Buffer;
}): Buffer | undefined {
  const endorsementKey = parseTpmPublic(request.endorsementKey);
  const storageRootKey = parseTpmPublic(request.storageRootKey);
  if (endorsementKey === undefined || storageRootKey === undefined) return undefined;
  const innerKey = randomBytes(INNER_KEY_BYTES);
  const credential = protectFor(endorsementKey, "IDENTITY", storageRootKey.name, tpm2b(innerKey));
  const object = createHmacKeyObject(request.key);
  const duplicate = protectFor(
    storageRootKey,
    "DUPLICATE",
    object.name,
    wrapInner(object, innerKey),
  );
  return Buffer.concat([
    tpm2b(credential.content),
    credential.seed,
    tpm2b(duplicate.content),
    duplicate.seed,
    object.publicArea,
    tpm2b(Buffer.alloc(0)), // clients require what they have no use for
  ]);
}
