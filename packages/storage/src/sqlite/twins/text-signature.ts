/** Which of 64 bits are set. */
export interface TextSignature {
  readonly low: number;
  readonly high: number;
}

/** Shorter texts have no bits. */
export const SIGNED_LENGTH_MIN = 3;

export const NO_SIGNATURE: TextSignature = { low: 0, high: 0 };

/**
 * Three units that follow each other, as JavaScript counts them, set one bit in each half: a text has all bits of
 * each of its parts, and may have those of others by chance. Upper and lower case differ, as they do in queries.
 */
export function signatureOf(text: string): TextSignature {
  let [low, high] = [0, 0];
  let [one, two] = [text.charCodeAt(0), text.charCodeAt(1)];
  // Once all bits are set, longer texts add none.
  for (let at = 2; at < text.length && (low & high) !== ALL_BITS; at++) {
    const three = text.charCodeAt(at);
    const hash = hashOf(one, two, three);
    // Of what is shifted by, the last five bits count.
    low |= 1 << (hash >>> 27);
    high |= 1 << (hash >>> 22);
    one = two;
    two = three;
  }
  return { low, high };
}

const ALL_BITS = -1;
const FACTOR = 0x9e_37_79_b1;

/** The first bits of a product depend on all bits of its factors. */
function hashOf(one: number, two: number, three: number): number {
  const mixed = Math.imul(Math.imul(one, FACTOR) ^ two, FACTOR) ^ three;
  return Math.imul(mixed ^ (mixed >>> 15), 0x85_eb_ca_6b);
}
