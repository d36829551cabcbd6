/** Headers as their sender wrote them, whose names keep their case. */
export function* pairsOf(rawHeaders: readonly string[]): Generator<[name: string, value: string]> {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    yield [rawHeaders[i] ?? "", decodeHeader(rawHeaders[i + 1] ?? "")];
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Node.js reads headers byte by byte; devices write UTF-8 into them. */
export function decodeHeader(text: string): string {
  try {
    return utf8.decode(Buffer.from(text, "latin1"));
  } catch {
    return text;
  }
}

/** The way back: Node.js writes one byte for each character. */
export function encodeHeader(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
