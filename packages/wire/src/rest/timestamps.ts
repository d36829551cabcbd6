export { formatTimestamp } from "@larimar/domain";

/** MM/dd/yyyy HH:mm:ss, UTC. */
export function formatTrackingTime(ms: number): string {
  const [date = "", time = ""] = new Date(ms).toISOString().split("T");
  const [year, month, day] = date.split("-");
  return `${month}/${day}/${year} ${time.slice(0, 8)}`;
}
