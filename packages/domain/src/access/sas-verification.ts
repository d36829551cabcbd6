import type { SasToken } from "./credentials.ts";
import type { KeyReading, Secrets } from "./secrets.ts";

/** Clients and servers drift; IoT Hub's own verifiers allow five minutes. */
export const CLOCK_SKEW_MS = 5 * 60 * 1000;

export function isExpired(token: SasToken, nowMs: number): boolean {
  return nowMs >= token.expiresAtMs + CLOCK_SKEW_MS;
}

/** Primary, then secondary key, each in every reading the endpoint allows. */
export function isSignedWithOneOf(
  token: SasToken,
  keys: readonly string[],
  readings: readonly KeyReading[],
  secrets: Secrets,
): boolean {
  const text = `${token.rawResource}\n${token.rawExpiry}`;
  return keys.some((key) =>
    readings.some((keyReading) =>
      secrets.isSignedBy({ key, keyReading, text, signature: token.signature }),
    ),
  );
}

/** `/a/b` covers `/a/b/c` but not `/a/bc`; literal words compare without case, ids with it. */
export function covers(scope: readonly string[], resource: readonly string[]): boolean {
  return (
    scope.length <= resource.length && scope.every((segment, i) => isSame(segment, resource[i]))
  );
}

const LITERAL_SEGMENTS = new Set([
  "devices",
  "modules",
  "messages",
  "events",
  "consumergroups",
  "partitions",
]);

function isSame(left: string, right: string | undefined): boolean {
  if (left === right) return true;
  if (right === undefined) return false;
  const lowered = left.toLowerCase();
  return LITERAL_SEGMENTS.has(lowered) && lowered === right.toLowerCase();
}
