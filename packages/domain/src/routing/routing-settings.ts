/** What a route may listen to. */
export const ROUTING_SOURCES = [
  "DeviceMessages",
  "TwinChangeEvents",
  "DeviceLifecycleEvents",
  "DeviceJobLifecycleEvents",
  "DeviceConnectionStateEvents",
  "DigitalTwinChangeEvents",
] as const;

export type RoutingSource = (typeof ROUTING_SOURCES)[number];

export interface Route {
  readonly name: string;
  readonly source: RoutingSource;
  /** In the query language of routes; "true" takes everything. */
  readonly condition: string;
  /** Exactly one for now, as the hosted service has it. */
  readonly endpointNames: readonly string[];
  readonly isEnabled: boolean;
}

/** Put on everything that goes to one of the endpoints. */
export interface Enrichment {
  readonly key: string;
  /** A text as it is, `$iothubname`, or a path into the twin. */
  readonly value: string;
  readonly endpointNames: readonly string[];
}

export const ENDPOINT_KINDS = [
  "eventHub",
  "serviceBusQueue",
  "serviceBusTopic",
  "storageContainer",
  "cosmosContainer",
] as const;

export type EndpointKind = (typeof ENDPOINT_KINDS)[number];

export const STORAGE_ENCODINGS = ["Avro", "AvroDeflate", "JSON"] as const;

export type StorageEncoding = (typeof STORAGE_ENCODINGS)[number];

interface NamedEndpoint {
  /** Stays the same while the endpoint is changed. */
  readonly id: string;
  /** Unique over all kinds, without case. */
  readonly name: string;
  readonly subscriptionId?: string | undefined;
  readonly resourceGroup?: string | undefined;
  /** Anything but keys is kept for who reads the settings, and cannot be delivered to. */
  readonly authenticationType: "keyBased" | "identityBased";
  readonly connectionString?: string | undefined;
  readonly endpointUri?: string | undefined;
}

export interface QueueEndpoint extends NamedEndpoint {
  readonly kind: "eventHub" | "serviceBusQueue" | "serviceBusTopic";
  /** Of the hub, queue or topic, where the connection string does not say it. */
  readonly entityPath?: string | undefined;
}

export interface StorageEndpoint extends NamedEndpoint {
  readonly kind: "storageContainer";
  readonly containerName: string;
  readonly fileNameFormat: string;
  readonly batchFrequencySeconds: number;
  readonly chunkBytesMax: number;
  readonly encoding: StorageEncoding;
}

export interface CosmosEndpoint extends NamedEndpoint {
  readonly kind: "cosmosContainer";
  readonly databaseName: string;
  readonly containerName: string;
  readonly primaryKey?: string | undefined;
  readonly secondaryKey?: string | undefined;
  readonly partitionKeyName?: string | undefined;
  readonly partitionKeyTemplate?: string | undefined;
}

export type RoutingEndpoint = QueueEndpoint | StorageEndpoint | CosmosEndpoint;

/** What an operator decides about where messages and events go. */
export interface RoutingSettings {
  /** Besides the built-in one, which is called "events". */
  readonly endpoints: readonly RoutingEndpoint[];
  readonly routes: readonly Route[];
  /** For telemetry that no enabled route takes; when it is not enabled, that is dropped. */
  readonly fallbackRoute: Route;
  readonly enrichments: readonly Enrichment[];
}

export const BUILT_IN_ENDPOINT = "events";
export const FALLBACK_ROUTE_NAME = "$fallback";

export const DEFAULT_ROUTING_SETTINGS: RoutingSettings = {
  endpoints: [],
  routes: [],
  fallbackRoute: {
    name: FALLBACK_ROUTE_NAME,
    source: "DeviceMessages",
    condition: "true",
    endpointNames: [BUILT_IN_ENDPOINT],
    isEnabled: true,
  },
  enrichments: [],
};

/** An empty condition takes everything. */
export function conditionOf({ condition }: Pick<Route, "condition">): string {
  const trimmed = condition.trim();
  return trimmed === "" ? "true" : trimmed;
}
