import type { Enrichment, Route, RoutingEndpoint, RoutingSettings, Secrets } from "@larimar/domain";
import { FALLBACK_ROUTE_NAME, ROUTING_SOURCES, STORAGE_ENCODINGS } from "@larimar/domain";
import { z } from "zod";
import { type Reading, invalid, read } from "../rest/reading.ts";
import { isAbsent } from "./arm-resource.ts";
import { MASK, isMasked, maskSecret, unmaskSecret } from "./connection-secret.ts";

const text = z.string().nullish();

export const RouteBody = z.object({
  name: text,
  source: z.enum(ROUTING_SOURCES),
  condition: text,
  endpointNames: z.array(z.string()).max(100),
  isEnabled: z.boolean(),
});

const EndpointBody = z.object({
  id: text,
  name: z.string(),
  subscriptionId: text,
  resourceGroup: text,
  authenticationType: z.enum(["keyBased", "identityBased"]).nullish(),
  connectionString: text,
  endpointUri: text,
});

const QueueBody = EndpointBody.extend({ entityPath: text });

const StorageBody = EndpointBody.extend({
  containerName: z.string(),
  fileNameFormat: text,
  batchFrequencyInSeconds: z.number().nullish(),
  maxChunkSizeInBytes: z.number().nullish(),
  encoding: z.enum(STORAGE_ENCODINGS).nullish(),
});

const CosmosBody = EndpointBody.extend({
  databaseName: z.string(),
  containerName: z.string(),
  primaryKey: text,
  secondaryKey: text,
  partitionKeyName: text,
  partitionKeyTemplate: text,
});

const many = <Schema extends z.ZodType>(schema: Schema) => z.array(schema).max(200).nullish();

export const RoutingBody = z.object({
  endpoints: z
    .object({
      eventHubs: many(QueueBody),
      serviceBusQueues: many(QueueBody),
      serviceBusTopics: many(QueueBody),
      storageContainers: many(StorageBody),
      cosmosDBSqlContainers: many(CosmosBody),
      cosmosDBSqlCollections: many(CosmosBody),
    })
    .nullish(),
  routes: many(RouteBody),
  fallbackRoute: RouteBody.partial({ source: true }).nullish(),
  enrichments: many(
    z.object({ key: z.string(), value: z.string(), endpointNames: z.array(z.string()).max(100) }),
  ),
});

const DEFAULT_FILE_NAME_FORMAT = "{iothub}/{partition}/{YYYY}/{MM}/{DD}/{HH}/{mm}";

/** Keys that come back masked stay as they are. A fallback route that is left out is not enabled. */
export function readRouting(
  body: z.output<typeof RoutingBody>,
  current: RoutingSettings,
  secrets: Pick<Secrets, "createUuid">,
): Reading<RoutingSettings> {
  const { endpoints: kinds, routes, fallbackRoute, enrichments } = body;
  const queues = (
    [
      ["eventHub", kinds?.eventHubs],
      ["serviceBusQueue", kinds?.serviceBusQueues],
      ["serviceBusTopic", kinds?.serviceBusTopics],
    ] as const
  ).flatMap(([kind, bodies]) => (bodies ?? []).map((one) => readQueue(kind, one)));
  const cosmos = [
    ...(kinds?.cosmosDBSqlContainers ?? []),
    ...(kinds?.cosmosDBSqlCollections ?? []),
  ];
  const drafts: Draft[] = [
    ...queues,
    ...(kinds?.storageContainers ?? []).map(readStorage),
    ...cosmos.map(readCosmos),
  ];
  const endpoints: RoutingEndpoint[] = [];
  for (const draft of drafts) {
    const known = current.endpoints.find(
      ({ kind, name }) => kind === draft.kind && name.toLowerCase() === draft.name.toLowerCase(),
    );
    const unmasked = withSecrets(draft, known);
    if (unmasked === undefined) {
      return invalid(`Endpoint '${draft.name}' has a masked key, and none is stored`);
    }
    endpoints.push({ ...unmasked, id: known?.id ?? secrets.createUuid() });
  }
  return read({
    endpoints,
    routes: (routes ?? []).map((route) => readRoute(route, route.name ?? "")),
    fallbackRoute: readRoute(
      isAbsent(fallbackRoute)
        ? {
            ...current.fallbackRoute,
            endpointNames: [...current.fallbackRoute.endpointNames],
            isEnabled: false,
          }
        : { ...fallbackRoute, source: fallbackRoute.source ?? "DeviceMessages" },
      FALLBACK_ROUTE_NAME,
    ),
    enrichments: (enrichments ?? []).map((one): Enrichment => ({ ...one })),
  });
}

export function readRoute(
  { source, condition, endpointNames, isEnabled }: Omit<z.output<typeof RouteBody>, "name">,
  name: string,
): Route {
  return { name, source, condition: condition ?? "true", endpointNames, isEnabled };
}

export function formatRouting({ endpoints, routes, fallbackRoute, enrichments }: RoutingSettings) {
  const of = (kind: RoutingEndpoint["kind"]) =>
    endpoints.filter((endpoint) => endpoint.kind === kind).map(formatEndpoint);
  return {
    endpoints: {
      serviceBusQueues: of("serviceBusQueue"),
      serviceBusTopics: of("serviceBusTopic"),
      eventHubs: of("eventHub"),
      storageContainers: of("storageContainer"),
      cosmosDBSqlContainers: of("cosmosContainer"),
    },
    routes,
    fallbackRoute,
    enrichments,
  };
}

type Draft = RoutingEndpoint extends infer Endpoint
  ? Endpoint extends RoutingEndpoint
    ? Omit<Endpoint, "id">
    : never
  : never;

function readCommon(body: z.output<typeof EndpointBody>) {
  return {
    name: body.name,
    authenticationType: body.authenticationType ?? "keyBased",
    ...present({
      subscriptionId: body.subscriptionId,
      resourceGroup: body.resourceGroup,
      connectionString: body.connectionString,
      endpointUri: body.endpointUri,
    }),
  };
}

function readQueue(
  kind: "eventHub" | "serviceBusQueue" | "serviceBusTopic",
  body: z.output<typeof QueueBody>,
): Draft {
  return { kind, ...readCommon(body), ...present({ entityPath: body.entityPath }) };
}

function readStorage(body: z.output<typeof StorageBody>): Draft {
  return {
    kind: "storageContainer",
    ...readCommon(body),
    containerName: body.containerName,
    fileNameFormat: body.fileNameFormat ?? DEFAULT_FILE_NAME_FORMAT,
    batchFrequencySeconds: body.batchFrequencyInSeconds ?? 300,
    chunkBytesMax: body.maxChunkSizeInBytes ?? 314_572_800,
    encoding: body.encoding ?? "Avro",
  };
}

function readCosmos(body: z.output<typeof CosmosBody>): Draft {
  const { databaseName, containerName } = body;
  return {
    kind: "cosmosContainer",
    ...readCommon(body),
    databaseName,
    containerName,
    ...present({
      primaryKey: body.primaryKey,
      secondaryKey: body.secondaryKey,
      partitionKeyName: body.partitionKeyName,
      partitionKeyTemplate: body.partitionKeyTemplate,
    }),
  };
}

/** Undefined when a key is masked and there is no stored one. */
function withSecrets(draft: Draft, known: RoutingEndpoint | undefined): Draft | undefined {
  let next = draft;
  const { connectionString } = draft;
  if (connectionString !== undefined && isMasked(connectionString)) {
    const unmasked = unmaskSecret(connectionString, known?.connectionString);
    if (unmasked === undefined) return undefined;
    next = { ...next, connectionString: unmasked };
  }
  if (next.kind !== "cosmosContainer") return next;
  const stored = known?.kind === "cosmosContainer" ? known : undefined;
  for (const name of ["primaryKey", "secondaryKey"] as const) {
    if (next[name] !== MASK) continue;
    const key = stored?.[name];
    if (key === undefined) return undefined;
    next = { ...next, [name]: key };
  }
  return next;
}

function formatEndpoint(endpoint: RoutingEndpoint) {
  const { connectionString } = endpoint;
  const common = {
    id: endpoint.id,
    name: endpoint.name,
    subscriptionId: endpoint.subscriptionId,
    resourceGroup: endpoint.resourceGroup,
    authenticationType: endpoint.authenticationType,
    connectionString: connectionString && maskSecret(connectionString),
    endpointUri: endpoint.endpointUri,
  };
  if (endpoint.kind === "storageContainer") {
    return {
      ...common,
      containerName: endpoint.containerName,
      fileNameFormat: endpoint.fileNameFormat,
      batchFrequencyInSeconds: endpoint.batchFrequencySeconds,
      maxChunkSizeInBytes: endpoint.chunkBytesMax,
      encoding: endpoint.encoding,
    };
  }
  if (endpoint.kind === "cosmosContainer") {
    return {
      ...common,
      databaseName: endpoint.databaseName,
      containerName: endpoint.containerName,
      primaryKey: endpoint.primaryKey && MASK,
      secondaryKey: endpoint.secondaryKey && MASK,
      partitionKeyName: endpoint.partitionKeyName,
      partitionKeyTemplate: endpoint.partitionKeyTemplate,
    };
  }
  return { ...common, entityPath: endpoint.entityPath };
}

/** Without members that are null or left out. */
function present<Members extends Record<string, string | null | undefined>>(
  members: Members,
): { [Name in keyof Members]?: string } {
  const there = Object.entries(members).filter(([, value]) => !isAbsent(value) && value !== "");
  return Object.fromEntries(there) as { [Name in keyof Members]?: string };
}
