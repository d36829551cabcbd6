/** The sixteen bytes of a uuid in the order in which .NET writes a Guid, as lock tokens travel. */
export function lockTokenTag(uuid: string): Uint8Array {
  const digits = uuid.replaceAll("-", "");
  const bytes = Uint8Array.from({ length: 16 }, (_, i) =>
    Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16),
  );
  for (const [from, to] of [
    [0, 4],
    [4, 6],
    [6, 8],
  ] as const) {
    bytes.subarray(from, to).reverse();
  }
  return bytes;
}

/** The sixteen bytes of a uuid in the order of its digits, as AMQP writes one. */
export function uuidBytes(uuid: string): Uint8Array {
  const digits = uuid.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, i) =>
    Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16),
  );
}
