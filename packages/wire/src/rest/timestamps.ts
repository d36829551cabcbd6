/** What clients with a non-nullable date read as "never". */
const NEVER = "0001-01-01T00:00:00Z";

/** An instant of the domain, where 0 stands for never. */
export function formatTimestamp(ms: number): string {
  return ms === 0 ? NEVER : new Date(ms).toISOString();
}

/** MM/dd/yyyy HH:mm:ss, UTC. */
export function formatTrackingTime(ms: number): string {
  const [date = "", time = ""] = new Date(ms).toISOString().split("T");
  const [year, month, day] = date.split("-");
  return `${month}/${day}/${year} ${time.slice(0, 8)}`;
}
