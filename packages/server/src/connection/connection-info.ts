import type { HubSettings, SharedAccessPolicy } from "@larimar/domain";
import type { Ports } from "../listeners/bind-ports.ts";

/** What is in `connection.json`: public API for tests, scripts and tools. */
export interface ConnectionInfo {
  readonly host: string;
  readonly ports: Ports;
  readonly caFile: string;
  readonly admin: { readonly endpoint: string; readonly token: string };
  readonly hubs: readonly HubConnection[];
  readonly provisioning: readonly ProvisioningConnection[];
}

export interface HubConnection {
  readonly name: string;
  readonly hostName: string;
  /** By name of the policy. */
  readonly connectionStrings: Readonly<Record<string, string>>;
  readonly events: {
    readonly connectionString: string;
    readonly entityPath: string;
    readonly partitionIds: readonly string[];
  };
}

export interface ProvisioningConnection {
  readonly name: string;
  readonly hostName: string;
  readonly idScope: string;
  readonly connectionString: string;
}

const DEFAULT_AMQP_PORT = 5671;
const DEFAULT_HTTPS_PORT = 443;

export function describeConnection(server: {
  host: string;
  ports: Ports;
  caFile: string;
  adminToken: string;
  hubs: readonly HubSettings[];
}): ConnectionInfo {
  const { host, ports, caFile, adminToken, hubs } = server;
  const authority = withPort(host, ports.https, DEFAULT_HTTPS_PORT);
  return {
    host,
    ports,
    caFile,
    admin: { endpoint: `https://${authority}`, token: adminToken },
    hubs: hubs.map((hub) => describeHub(hub, ports)),
    provisioning: [],
  };
}

function describeHub(hub: HubSettings, ports: Ports): HubConnection {
  const hostName = hub.hostNames[0] ?? hub.name;
  const entityPath = hub.name.toLowerCase();
  const reader = hub.policies.find(({ rights }) => rights.includes("ServiceConnect"));
  const eventsHost = withPort(hostName, ports.amqp, DEFAULT_AMQP_PORT);
  return {
    name: hub.name,
    hostName,
    // SDKs refuse a port here, so there is none even where the server listens elsewhere.
    connectionStrings: Object.fromEntries(
      hub.policies.map((policy) => [policy.name, `HostName=${hostName};${keyOf(policy)}`]),
    ),
    events: {
      connectionString: [
        `Endpoint=sb://${eventsHost}/`,
        ...(reader === undefined ? [] : [keyOf(reader)]),
        `EntityPath=${entityPath}`,
      ].join(";"),
      entityPath,
      partitionIds: Array.from({ length: hub.partitionCount }, (_, index) => String(index)),
    },
  };
}

function keyOf({ name, primaryKey }: SharedAccessPolicy): string {
  return `SharedAccessKeyName=${name};SharedAccessKey=${primaryKey}`;
}

/** Event Hubs clients and browsers take a port; it is left out where it goes without saying. */
function withPort(host: string, port: number, defaultPort: number): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === defaultPort ? name : `${name}:${port}`;
}
