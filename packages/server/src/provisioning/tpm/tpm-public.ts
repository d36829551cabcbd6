import type { KeyObject } from "node:crypto";
import { createHash, createPublicKey } from "node:crypto";
import { TPM_ALG } from "./tpm-algorithms.ts";
import { uint16 } from "./tpm-writer.ts";

/** A key of a TPM that others can seal secrets for: RSA, named by SHA-256, protecting with AES-128-CFB. */
export interface TpmStorageKey {
  readonly publicKey: KeyObject;
  /** The hash of the public area, behind the number of its algorithm. [TPM 2.0 part 1, 16] */
  readonly name: Buffer;
}

const DEFAULT_EXPONENT = 65_537;

/** Reads TPM2B_PUBLIC; undefined for anything but such a key. */
export function parseTpmPublic(bytes: Uint8Array): TpmStorageKey | undefined {
  try {
    return readPublic(Buffer.from(bytes));
  } catch {
    return undefined;
  }
}

class NotSuchAKey extends Error {}

function readPublic(bytes: Buffer): TpmStorageKey {
  const outer = new TpmReader(bytes);
  const area = outer.buffer();
  outer.end();
  const reader = new TpmReader(area);
  reader.expect(TPM_ALG.rsa);
  reader.expect(TPM_ALG.sha256);
  reader.take(4); // attributes
  reader.buffer(); // policy
  reader.expect(TPM_ALG.aes);
  reader.expect(128);
  reader.expect(TPM_ALG.cfb);
  reader.expect(TPM_ALG.null);
  const keyBits = reader.uint16();
  const exponent = reader.take(4).readUInt32BE() || DEFAULT_EXPONENT;
  const modulus = reader.buffer();
  reader.end();
  if (modulus.length * 8 !== keyBits) throw new NotSuchAKey();
  const name = Buffer.concat([uint16(TPM_ALG.sha256), createHash("sha256").update(area).digest()]);
  return { publicKey: rsaKey(modulus, exponent), name };
}

function rsaKey(modulus: Buffer, exponent: number): KeyObject {
  const hex = exponent.toString(16);
  const e = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  const jwk = { kty: "RSA", n: modulus.toString("base64url"), e: e.toString("base64url") };
  return createPublicKey({ key: jwk, format: "jwk" });
}

class TpmReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new NotSuchAKey();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  uint16(): number {
    return this.take(2).readUInt16BE();
  }

  buffer(): Buffer {
    return this.take(this.uint16());
  }

  expect(value: number): void {
    if (this.uint16() !== value) throw new NotSuchAKey();
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new NotSuchAKey();
  }
}
