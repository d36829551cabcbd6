import type { HubSettings, ProvisioningSettings, SharedAccessPolicy } from "@larimar/domain";
import { OWNER_POLICY_NAME } from "@larimar/domain";
import { BLOB_ACCOUNT_NAME } from "@larimar/wire";
import type { Ports } from "../listeners/bind-ports.ts";
import { amqpAuthority, httpsAuthority } from "./authority.ts";

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
  /** Where files are that devices uploaded, for programs that read them. */
  readonly files: { readonly connectionString: string; readonly containerName: string };
}

export interface ProvisioningConnection {
  readonly name: string;
  readonly hostName: string;
  readonly idScope: string;
  readonly connectionString: string;
}

export function describeConnection(server: {
  host: string;
  ports: Ports;
  caFile: string;
  adminToken: string;
  hubs: readonly HubSettings[];
  provisioning: readonly ProvisioningSettings[];
}): ConnectionInfo {
  const { host, ports, caFile, adminToken, hubs, provisioning } = server;
  const authority = httpsAuthority(host, ports.https);
  return {
    host,
    ports,
    caFile,
    admin: { endpoint: `https://${authority}`, token: adminToken },
    hubs: hubs.map((hub) => describeHub(hub, ports)),
    provisioning: provisioning.map(describeProvisioning),
  };
}

function describeHub(hub: HubSettings, ports: Ports): HubConnection {
  const hostName = hub.hostNames[0] ?? hub.name;
  const entityPath = hub.name.toLowerCase();
  const reader = hub.policies.find(({ rights }) => rights.includes("ServiceConnect"));
  const eventsHost = amqpAuthority(hostName, ports.amqp);
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
    files: describeFiles(hub, httpsAuthority(hostName, ports.https)),
  };
}

function describeProvisioning({
  name,
  hostNames,
  idScope,
  policies,
}: ProvisioningSettings): ProvisioningConnection {
  const hostName = hostNames[0] ?? name;
  const owner = policies.find((policy) => policy.name === OWNER_POLICY_NAME) ?? policies[0];
  return {
    name,
    hostName,
    idScope,
    connectionString: [`HostName=${hostName}`, ...(owner === undefined ? [] : [keyOf(owner)])].join(
      ";",
    ),
  };
}

function keyOf({ name, primaryKey }: Pick<SharedAccessPolicy, "name" | "primaryKey">): string {
  return `SharedAccessKeyName=${name};SharedAccessKey=${primaryKey}`;
}

function describeFiles(hub: HubSettings, authority: string): HubConnection["files"] {
  const { storage } = hub.fileUpload;
  const { containerName } = storage;
  if (storage.kind === "external") {
    return { connectionString: storage.connectionString, containerName };
  }
  const connectionString = [
    "DefaultEndpointsProtocol=https",
    `AccountName=${BLOB_ACCOUNT_NAME}`,
    `AccountKey=${hub.blobAccountKeys.primaryKey}`,
    `BlobEndpoint=https://${authority}/${BLOB_ACCOUNT_NAME}`,
  ].join(";");
  return { connectionString, containerName };
}
