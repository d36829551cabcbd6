import type { RegistrationName } from "./registration-name.ts";

/** What begins the TPM mechanism: who the device is and its endorsement key. */
export interface TpmSaslInit extends RegistrationName {
  readonly endorsementKey: Uint8Array;
}

// The first byte of every message. (protocol reference: provisioning 6.5)
const IS_SEGMENT = 0x80;
const IS_LAST = 0x40;
const SEQUENCE = 0x03;

/** A text this long is no key of a TPM and no token. */
const MESSAGE_BYTES_MAX = 8 * 1024;

/** Asks for the next message, or the next part of one. */
export const TPM_SASL_GO_ON = Uint8Array.of(0);

/**
 * Puts messages of the client back together: a client may send a long one in numbered segments, and a short one
 * as it is, behind a zero.
 */
export class TpmSaslAssembler {
  #parts: Uint8Array[] = [];
  #length = 0;

  /** The whole message, "more" while parts are missing, undefined for what makes no sense. */
  take(bytes: Uint8Array): Uint8Array | "more" | undefined {
    const [control] = bytes;
    if (control === undefined) return undefined;
    const isSegment = (control & IS_SEGMENT) !== 0;
    if (!isSegment && (control !== 0 || this.#parts.length > 0)) return undefined;
    if (isSegment && (control & SEQUENCE) !== (this.#parts.length & SEQUENCE)) return undefined;
    this.#parts.push(bytes.subarray(1));
    this.#length += bytes.length - 1;
    if (this.#length > MESSAGE_BYTES_MAX) return undefined;
    if (isSegment && (control & IS_LAST) === 0) return "more";
    const message = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      message.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#length = 0;
    return message;
  }
}

/** `idScope 00 registrationId 00 endorsementKey`; undefined for anything else. */
export function parseTpmSaslInit(message: Uint8Array): TpmSaslInit | undefined {
  const first = message.indexOf(0);
  const second = message.indexOf(0, first + 1);
  if (first <= 0 || second <= first + 1 || second + 1 >= message.length) return undefined;
  const idScope = readText(message.subarray(0, first));
  const registrationId = readText(message.subarray(first + 1, second));
  if (idScope === undefined || registrationId === undefined) return undefined;
  return { idScope, registrationId, endorsementKey: message.slice(second + 1) };
}

export function readTpmSaslToken(message: Uint8Array): string | undefined {
  return readText(message);
}

/** The activation blob in two parts, always: one client counts on exactly these control bytes. */
export function tpmSaslChallenges(blob: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const middle = Math.ceil(blob.length / 2);
  return [
    segment(IS_SEGMENT, blob.subarray(0, middle)),
    segment(IS_SEGMENT | IS_LAST | 1, blob.subarray(middle)),
  ];
}

function segment(control: number, part: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(part.length + 1);
  bytes[0] = control;
  bytes.set(part, 1);
  return bytes;
}

function readText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
