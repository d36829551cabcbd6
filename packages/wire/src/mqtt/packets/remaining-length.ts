/** How many bytes the length of a packet takes. [MQTT 3.1.1, 2.2.3] */
export function remainingLengthBytes(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4;
}

/** Returns where it ends. */
export function writeRemainingLength(length: number, target: Uint8Array, at: number): number {
  let end = at;
  let rest = length;
  while (rest >= 0x80) {
    target[end++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[end++] = rest;
  return end;
}
