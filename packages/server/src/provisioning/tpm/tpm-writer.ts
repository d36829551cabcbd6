/** Writes what a TPM reads: big-endian numbers, and buffers behind their length. [TPM 2.0 part 2, 10.4] */
export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function tpm2b(content: Uint8Array): Buffer {
  return Buffer.concat([uint16(content.length), content]);
}
