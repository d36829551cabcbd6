import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createActivationBlob } from "./activation-blob.ts";
import { SoftTpm, u16 } from "./soft-tpm.fixture.ts";
import { parseTpmPublic } from "./tpm-public.ts";

describe("an activation blob", () => {
  const tpm = new SoftTpm();
  const key = randomBytes(32);
  const blobFor = (ek: Buffer, srk: Buffer) =>
    createActivationBlob({ endorsementKey: ek, storageRootKey: srk, key });

  test("gives the key to the TPM it was made for", () => {
    const blob = blobFor(tpm.ek.bytes, tpm.srk.bytes);
    const opened = tpm.activate(blob ?? Buffer.alloc(0));
    expect(opened.key).toEqual(key);
    // Usable for signing with an empty password, importable, and one last empty buffer that clients require.
    expect(opened.attributes).toBe(0x0004_0040);
    expect(opened.rest).toEqual(Buffer.from([0, 0]));
  });

  test("does not have the key in it, and is another one every time", () => {
    const blobs = [blobFor(tpm.ek.bytes, tpm.srk.bytes), blobFor(tpm.ek.bytes, tpm.srk.bytes)];
    expect(blobs[0]?.includes(key)).toBe(false);
    expect(blobs[0]).not.toEqual(blobs[1]);
  });

  test("gives nothing to another TPM", () => {
    const blob = blobFor(tpm.ek.bytes, tpm.srk.bytes);
    expect(() => new SoftTpm().activate(blob ?? Buffer.alloc(0))).toThrow();
  });

  test("is bound to the storage root key it was made for", () => {
    const other = new SoftTpm();
    const blob = blobFor(tpm.ek.bytes, other.srk.bytes);
    expect(() => tpm.activate(blob ?? Buffer.alloc(0))).toThrow();
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["noise", randomBytes(300)],
    ["half a key", tpm.ek.bytes.subarray(0, 100)],
    ["a key and more", Buffer.concat([tpm.ek.bytes, Buffer.from([0])])],
    [
      "a key of another kind",
      Buffer.concat([tpm.ek.bytes.subarray(0, 2), u16(0x0023), tpm.ek.bytes.subarray(4)]),
    ],
  ])("is not made for %s", (_, bytes) => {
    expect(parseTpmPublic(bytes)).toBeUndefined();
    expect(blobFor(bytes, tpm.srk.bytes)).toBeUndefined();
    expect(blobFor(tpm.ek.bytes, bytes)).toBeUndefined();
  });
});
