/** IPv4 addresses from the first to the last one. */
export interface AddressRange {
  isWithin(remoteAddress: string): boolean;
}

/** `192.0.2.1` or `192.0.2.1-192.0.2.9`; undefined for anything else. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const parts = text.split("-");
  const first = parseAddress(parts[0] ?? "");
  const last = parseAddress(parts[1] ?? parts[0] ?? "");
  if (first === undefined || last === undefined || parts.length > 2) return undefined;
  return {
    isWithin(remoteAddress) {
      // A socket that serves both families writes IPv4 addresses as IPv6 ones.
      const address = parseAddress(remoteAddress.replace(/^::ffff:/i, ""));
      return address !== undefined && address >= first && address <= last;
    },
  };
}

function parseAddress(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1).map(Number);
  return bytes.every((byte) => byte <= 255)
    ? bytes.reduce((sum, byte) => sum * 256 + byte, 0)
    : undefined;
}
