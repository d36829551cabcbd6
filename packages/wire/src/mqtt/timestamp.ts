const TIMESTAMP =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?:(:\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?$/i;

/** ISO 8601 with whatever fraction a client's platform writes; without a zone it is UTC. */
export function parseTimestamp(text: string): number | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [, date, minutes, seconds = ":00", fraction = "", zone = "Z"] = match;
  const milliseconds = fraction.padEnd(3, "0").slice(0, 3);
  const offset = /^z$/i.test(zone) ? "Z" : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const timeMs = Date.parse(`${date}T${minutes}${seconds}.${milliseconds}${offset}`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** Exactly seven digits after the second: one SDK reads nothing else. Undefined beyond the year 9999. */
export function formatTimestamp(timeMs: number): string | undefined {
  const isRepresentable = timeMs >= 0 && timeMs < 253_402_300_800_000;
  return isRepresentable ? new Date(timeMs).toISOString().replace("Z", "0000Z") : undefined;
}
