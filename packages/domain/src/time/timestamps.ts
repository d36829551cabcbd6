/** What clients with a non-nullable date read as "never". */
const NEVER = "0001-01-01T00:00:00Z";

/** An instant as documents have it; 0 stands for never. */
export function formatTimestamp(ms: number): string {
  return ms === 0 ? NEVER : new Date(ms).toISOString();
}
