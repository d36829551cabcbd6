import type { RequestedRange } from "@larimar/domain";

/** `bytes=0-499`, `bytes=500-` and `bytes=-500`; undefined for anything else, several ranges among it. */
export function parseRangeHeader(text: string): RequestedRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text.trim());
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? undefined : { suffixBytes: Number(last) };
  const firstByte = Number(first);
  const lastByte = last === "" ? undefined : Number(last);
  return lastByte !== undefined && lastByte < firstByte ? undefined : { firstByte, lastByte };
}

/** What `Content-Range` says of a partial answer. */
export function formatContentRange(
  { firstByte, lastByte }: { firstByte: number; lastByte: number },
  sizeBytes: number,
): string {
  return `bytes ${firstByte}-${lastByte}/${sizeBytes}`;
}
