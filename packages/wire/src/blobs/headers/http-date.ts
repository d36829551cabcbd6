/** `Tue, 15 Nov 1994 08:12:31 GMT`, as HTTP and blob listings have it. */
export function formatHttpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

/** Undefined for anything but a date in GMT. */
export function parseHttpDate(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text.trim())) {
    return undefined;
  }
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
