import type {
  EventRetention,
  FeedbackSettings,
  FileStorage,
  HubSettings,
  HubSettingsChange,
  JsonObject,
  Secrets,
} from "@larimar/domain";
import { DEFAULT_FILE_UPLOAD_SETTINGS, HUB_TIERS, RIGHTS } from "@larimar/domain";
import { z } from "zod";
import { parseStorageConnectionString } from "../blobs/storage-connection-string.ts";
import { type Reading, invalid, read } from "../rest/reading.ts";
import type { ResourcePlace } from "./arm-resource.ts";
import {
  TrackedResource,
  formatTracked,
  isAbsent,
  notEnforced,
  readEchoed,
} from "./arm-resource.ts";
import { isMasked, maskSecret, unmaskSecret } from "./connection-secret.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { PolicyBody, formatPolicy, readPolicies } from "./policy-body.ts";
import { RoutingBody, formatRouting, readRouting } from "./routing-body.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

const Duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, "is no ISO 8601 duration");

const Feedback = z.object({
  lockDurationAsIso8601: Duration.nullish(),
  ttlAsIso8601: Duration.nullish(),
  maxDeliveryCount: z.number().nullish(),
});

const StorageEndpoint = z.object({
  connectionString: z.string().nullish(),
  containerName: z.string().nullish(),
  sasTtlAsIso8601: Duration.nullish(),
});

const Properties = z.object({
  authorizationPolicies: z.array(PolicyBody).max(100).nullish(),
  eventHubEndpoints: z
    .object({
      events: z
        .object({
          retentionTimeInDays: z.number().int().min(1).max(7).nullish(),
          partitionCount: z.number().int().nullish(),
        })
        .nullish(),
    })
    .nullish(),
  routing: RoutingBody.nullish(),
  storageEndpoints: z.object({ $default: StorageEndpoint.nullish() }).nullish(),
  messagingEndpoints: z.object({ fileNotifications: Feedback.nullish() }).nullish(),
  enableFileUploadNotifications: z.boolean().nullish(),
  cloudToDevice: z
    .object({
      maxDeliveryCount: z.number().nullish(),
      defaultTtlAsIso8601: Duration.nullish(),
      feedback: Feedback.nullish(),
    })
    .nullish(),
  // Nothing here enforces these, and whoever asks for them relies on it: only the harmless value is taken.
  disableLocalAuth: z.literal(false, notEnforced("disableLocalAuth")).nullish(),
  disableDeviceSAS: z.literal(false, notEnforced("disableDeviceSAS")).nullish(),
  disableModuleSAS: z.literal(false, notEnforced("disableModuleSAS")).nullish(),
  publicNetworkAccess: z.enum(["Enabled"], notEnforced("publicNetworkAccess")).nullish(),
  ipFilterRules: z.array(z.never(notEnforced("ipFilterRules"))).nullish(),
  networkRuleSets: z
    .object({
      defaultAction: z.enum(["Allow"], notEnforced("networkRuleSets.defaultAction")).nullish(),
    })
    .nullish(),
});

export const HubBody = z.object({
  ...TrackedResource,
  sku: z.object({ name: z.enum(HUB_TIERS), capacity: z.number().nullish() }).nullish(),
  properties: Properties.nullish(),
});

/** What the server says itself, so that it is not kept when a client sends it back. */
const TOLD = ["provisioningState", "state", "hostName", "locations", "features"];
const NOT_KEPT = [...TOLD, ...Object.keys(Properties.shape)];
/** Looked at, and given back as they came. */
const CHECKED = [
  "disableLocalAuth",
  "disableDeviceSAS",
  "disableModuleSAS",
  "publicNetworkAccess",
  "ipFilterRules",
  "networkRuleSets",
];
const FORGOTTEN = NOT_KEPT.filter((name) => !CHECKED.includes(name));

export interface HubReading {
  readonly change: HubSettingsChange;
  /** For who creates; an existing hub keeps its own. */
  readonly partitionCount: number | undefined;
}

/**
 * What a hub becomes when this is put: sections that are left out stay as they are, and so do keys that come
 * back masked. `json` is the same body before it was validated.
 */
export function readHub(
  { location, tags, sku, properties }: z.output<typeof HubBody>,
  json: JsonObject,
  current: HubSettings,
  secrets: Pick<Secrets, "createKey" | "createUuid">,
): Reading<HubReading> {
  const { resource } = current;
  const policies = isAbsent(properties?.authorizationPolicies)
    ? read(current.policies)
    : readPolicies(properties.authorizationPolicies, current.policies, RIGHTS, secrets);
  if (policies.kind === "invalid") return policies;
  const routing = isAbsent(properties?.routing)
    ? read(current.routing)
    : readRouting(properties.routing, current.routing, secrets);
  if (routing.kind === "invalid") return routing;
  const storage = readStorage(properties?.storageEndpoints?.$default, current.fileUpload.storage);
  if (storage.kind === "invalid") return storage;
  const echoed = readEchoed(json, resource.echoed, { known: FORGOTTEN });
  if (echoed.kind === "invalid") return echoed;
  const events = properties?.eventHubEndpoints?.events;
  const { commands, fileUpload } = current;
  const toDevice = properties?.cloudToDevice;
  return read({
    partitionCount: events?.partitionCount ?? undefined,
    change: {
      policies: policies.value,
      routing: routing.value,
      eventRetention: readRetention(events?.retentionTimeInDays, current.eventRetention),
      commands: {
        ...commands,
        defaultTimeToLiveMs: msOf(toDevice?.defaultTtlAsIso8601) ?? commands.defaultTimeToLiveMs,
        deliveryCountMax: toDevice?.maxDeliveryCount ?? commands.deliveryCountMax,
        feedback: readFeedback(toDevice?.feedback, commands.feedback),
      },
      fileUpload: {
        ...fileUpload,
        storage: storage.value,
        timeToLiveMs:
          msOf(properties?.storageEndpoints?.$default?.sasTtlAsIso8601) ?? fileUpload.timeToLiveMs,
        notifies: properties?.enableFileUploadNotifications ?? fileUpload.notifies,
        notifications: readFeedback(
          properties?.messagingEndpoints?.fileNotifications,
          fileUpload.notifications,
        ),
      },
      resource: {
        ...resource,
        location: location ?? resource.location,
        tags: tags ?? resource.tags,
        tier: sku?.name ?? resource.tier,
        units: sku?.capacity ?? resource.units,
        echoed: echoed.value,
      },
    },
  });
}

export function formatHub(
  settings: HubSettings,
  { place, amqpAuthority }: { place: ResourcePlace; amqpAuthority: (hostName: string) => string },
) {
  const { name, policies, eventRetention, commands, fileUpload, resource } = settings;
  const hostName = settings.hostNames[0] ?? name;
  const { storage } = fileUpload;
  return {
    ...formatTracked(settings, "IotHubs", place),
    sku: formatHubSku(resource),
    properties: {
      ...resource.echoed,
      provisioningState: "Succeeded",
      state: "Active",
      hostName,
      locations: [{ location: resource.location, role: "primary" }],
      features: "None",
      authorizationPolicies: policies.map(formatPolicy),
      eventHubEndpoints: {
        events: {
          retentionTimeInDays: daysOf(eventRetention),
          partitionCount: settings.partitionCount,
          partitionIds: Array.from({ length: settings.partitionCount }, (_, index) =>
            String(index),
          ),
          path: name.toLowerCase(),
          endpoint: `sb://${amqpAuthority(hostName)}/`,
        },
      },
      routing: formatRouting(settings.routing),
      storageEndpoints: {
        $default: {
          sasTtlAsIso8601: formatDuration(fileUpload.timeToLiveMs),
          connectionString: storage.kind === "builtIn" ? "" : maskSecret(storage.connectionString),
          containerName: storage.containerName,
        },
      },
      messagingEndpoints: { fileNotifications: formatFeedback(fileUpload.notifications) },
      enableFileUploadNotifications: fileUpload.notifies,
      cloudToDevice: {
        maxDeliveryCount: commands.deliveryCountMax,
        defaultTtlAsIso8601: formatDuration(commands.defaultTimeToLiveMs),
        feedback: formatFeedback(commands.feedback),
      },
    },
  };
}

export function formatHubSku({ tier, units }: { tier: string; units: number }) {
  const tierName = tier === "F1" ? "Free" : tier.startsWith("B") ? "Basic" : "Standard";
  return { name: tier, tier: tierName, capacity: units };
}

/** No connection string means the account that every hub has. */
function readStorage(
  body: z.output<typeof StorageEndpoint> | null | undefined,
  current: FileStorage,
): Reading<FileStorage> {
  if (isAbsent(body)) return read(current);
  const containerName = body.containerName || DEFAULT_FILE_UPLOAD_SETTINGS.storage.containerName;
  if (!body.connectionString) return read({ kind: "builtIn", containerName });
  const connectionString = isMasked(body.connectionString)
    ? unmaskSecret(
        body.connectionString,
        current.kind === "external" ? current.connectionString : undefined,
      )
    : body.connectionString;
  if (connectionString === undefined) {
    return invalid("The storage account has a masked key, and none is stored");
  }
  const account = parseStorageConnectionString(connectionString);
  if (account.kind === "invalid") return invalid(`storageEndpoints.$default: ${account.problem}`);
  return read({ kind: "external", connectionString, containerName });
}

/** Days are all that the format knows; a finer setting stays while nobody asks for another number of them. */
function readRetention(days: number | null | undefined, current: EventRetention): EventRetention {
  if (isAbsent(days) || days === daysOf(current)) return current;
  return { ...current, ageMs: days * DAY_MS };
}

function daysOf({ ageMs }: EventRetention): number {
  return Math.min(7, Math.max(1, Math.round(ageMs / DAY_MS)));
}

function readFeedback(
  body: z.output<typeof Feedback> | null | undefined,
  current: FeedbackSettings,
): FeedbackSettings {
  return {
    timeToLiveMs: msOf(body?.ttlAsIso8601) ?? current.timeToLiveMs,
    lockDurationMs: msOf(body?.lockDurationAsIso8601) ?? current.lockDurationMs,
    deliveryCountMax: body?.maxDeliveryCount ?? current.deliveryCountMax,
  };
}

function formatFeedback({ timeToLiveMs, lockDurationMs, deliveryCountMax }: FeedbackSettings) {
  return {
    lockDurationAsIso8601: formatDuration(lockDurationMs),
    ttlAsIso8601: formatDuration(timeToLiveMs),
    maxDeliveryCount: deliveryCountMax,
  };
}

function msOf(duration: string | null | undefined): number | undefined {
  return isAbsent(duration) ? undefined : parseDuration(duration);
}
