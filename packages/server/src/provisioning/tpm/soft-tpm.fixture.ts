import assert from "node:assert/strict";
import type { KeyObject } from "node:crypto";
import {
  constants,
  createDecipheriv,
  createHash,
  createHmac,
  generateKeyPairSync,
  privateDecrypt,
  randomBytes,
} from "node:crypto";

interface TpmKey {
  readonly privateKey: KeyObject;
  readonly bytes: Buffer;
}

export function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function sized(bytes: Uint8Array): Buffer {
  return Buffer.concat([u16(bytes.length), bytes]);
}

function makeTpmKey(): TpmKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const modulus = Buffer.from(publicKey.export({ format: "jwk" }).n ?? "", "base64url");
  const policy = sized(randomBytes(32));
  const parameters = [0x0006, 128, 0x0043, 0x0010, 2048, 0, 0].map(u16);
  const head = [u16(0x0001), u16(0x000b), Buffer.from([0, 3, 0, 0xb2]), policy];
  const area = Buffer.concat([...head, ...parameters, sized(modulus)]);
  return { privateKey, bytes: sized(area) };
}

/** The other side of an activation blob, step by step as a TPM does it. [TPM 2.0 part 3, 12.5 and 13.3] */
export class SoftTpm {
  readonly ek = makeTpmKey();
  readonly srk = makeTpmKey();

  activate(blob: Buffer): { key: Buffer; attributes: number; rest: Buffer } {
    const reader = new Reader(blob);
    const credential = this.#open(this.ek, "IDENTITY", nameOf(this.srk.bytes.subarray(2)), reader);
    const innerKey = new Reader(credential).sized();
    const [duplicate, seed, area] = [reader.sized(), reader.sized(), reader.sized()];
    const wrapped = Buffer.concat([sized(duplicate), sized(seed)]);
    const inner = this.#open(this.srk, "DUPLICATE", nameOf(area), new Reader(wrapped));
    const plain = new Reader(decrypt(innerKey, inner));
    const integrity = plain.sized();
    const sensitive = plain.rest();
    assert.deepEqual(
      integrity,
      createHash("sha256").update(sensitive).update(nameOf(area)).digest(),
    );
    const fields = new Reader(new Reader(sensitive).sized());
    assert.deepEqual(fields.take(2), u16(0x0008));
    assert.equal(fields.sized().length, 0);
    const obfuscation = fields.sized();
    const key = fields.sized();
    const unique = createHash("sha256").update(obfuscation).update(key).digest();
    assert.deepEqual(area.subarray(-32), unique);
    return { key, attributes: area.readUInt32BE(4), rest: reader.rest() };
  }

  #open(key: TpmKey, label: string, name: Buffer, reader: Reader): Buffer {
    const content = new Reader(reader.sized());
    const integrity = content.sized();
    const encrypted = content.rest();
    const seed = privateDecrypt(
      {
        key: key.privateKey,
        padding: constants.RSA_PKCS1_OAEP_PADDING,
        oaepHash: "sha256",
        oaepLabel: Buffer.from(`${label}\0`),
      },
      reader.sized(),
    );
    const hmacKey = kdf(seed, "INTEGRITY", Buffer.alloc(0), 256);
    assert.deepEqual(
      integrity,
      createHmac("sha256", hmacKey).update(encrypted).update(name).digest(),
    );
    return decrypt(kdf(seed, "STORAGE", name, 128), encrypted);
  }
}

function nameOf(area: Buffer): Buffer {
  return Buffer.concat([u16(0x000b), createHash("sha256").update(area).digest()]);
}

function kdf(seed: Buffer, label: string, context: Buffer, bits: number): Buffer {
  const [one, length] = [Buffer.from([0, 0, 0, 1]), Buffer.from([0, 0, bits >> 8, bits & 0xff])];
  const input = Buffer.concat([one, Buffer.from(`${label}\0`), context, length]);
  return createHmac("sha256", seed)
    .update(input)
    .digest()
    .subarray(0, bits / 8);
}

function decrypt(key: Buffer, bytes: Buffer): Buffer {
  const decipher = createDecipheriv("aes-128-cfb", key, Buffer.alloc(16));
  return Buffer.concat([decipher.update(bytes), decipher.final()]);
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  sized(): Buffer {
    return this.take(this.take(2).readUInt16BE());
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }
}
