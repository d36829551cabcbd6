/** How to reach a hub's service API as the holder of a policy. */
export interface HubConnectionString {
  /** Without a port: what devices are told to connect to. */
  readonly hostName: string;
  readonly port: number;
  readonly policyName: string;
  readonly policyKey: string;
}

const HTTPS_PORT = 443;

/** `HostName=…;SharedAccessKeyName=…;SharedAccessKey=…` in any order; undefined for anything else. */
export function parseHubConnectionString(text: string): HubConnectionString | undefined {
  const fields = new Map<string, string>();
  for (const item of text.split(";")) {
    const equals = item.indexOf("=");
    // Keys end with equals signs of their own: only the first one divides.
    if (equals > 0) fields.set(item.slice(0, equals).trim().toLowerCase(), item.slice(equals + 1));
  }
  const [host = "", port] = (fields.get("hostname") ?? "").split(/:(?=\d+$)/);
  const policyName = fields.get("sharedaccesskeyname");
  const policyKey = fields.get("sharedaccesskey");
  if (host === "" || !policyName || !policyKey) return undefined;
  return {
    hostName: host.toLowerCase(),
    port: port === undefined ? HTTPS_PORT : Number(port),
    policyName,
    policyKey,
  };
}
