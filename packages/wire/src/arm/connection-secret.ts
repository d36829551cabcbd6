/** What stands for a secret in answers. Clients send whole resources back, and with them this. */
export const MASK = "****";

const SECRETS = /((?:^|;)\s*(?:SharedAccessKey|AccountKey)\s*=)([^;]*)/i;

/** A connection string whose key is not told. */
export function maskSecret(connectionString: string): string {
  return connectionString.replace(SECRETS, `$1${MASK}`);
}

export function isMasked(connectionString: string): boolean {
  return SECRETS.exec(connectionString)?.[2]?.trim() === MASK;
}

/** A masked connection string with the key of the stored one in its place. Undefined when there is none. */
export function unmaskSecret(masked: string, stored: string | undefined): string | undefined {
  const key = SECRETS.exec(stored ?? "")?.[2];
  if (key === undefined) return undefined;
  return masked.replace(SECRETS, (_, name: string) => `${name}${key}`);
}

/** The fields of `Name=value;…`, found whatever their case. Values may hold equals signs. */
export function connectionFields(connectionString: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const item of connectionString.split(";")) {
    const equals = item.indexOf("=");
    if (equals > 0) fields.set(item.slice(0, equals).trim().toLowerCase(), item.slice(equals + 1));
  }
  return fields;
}
