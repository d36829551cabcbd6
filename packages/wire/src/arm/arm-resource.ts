import type { JsonObject } from "@larimar/domain";
import { isJsonObject } from "@larimar/domain";
import { z } from "zod";
import { type Reading, invalid, read } from "../rest/reading.ts";

/** What every resource has besides its properties. */
export const TrackedResource = {
  location: z.string().max(64).nullish(),
  tags: z.record(z.string().min(1).max(512), z.string().max(256)).nullish(),
} as const;

export const TagsBody = z.object({ tags: TrackedResource.tags });

export interface ResourcePlace {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
}

export type ResourceType = "IotHubs" | "provisioningServices";

export const ARM_NAMESPACE = "Microsoft.Devices";

export function formatResourceId(place: ResourcePlace, type: ResourceType, name: string): string {
  const { subscriptionId, resourceGroup } = place;
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${ARM_NAMESPACE}/${type}/${name}`;
}

interface TrackedSettings {
  readonly name: string;
  readonly etag: string;
  readonly createdAtMs: number;
  readonly resource: { readonly location: string; readonly tags: Readonly<Record<string, string>> };
}

/** What is told of every resource besides its properties. */
export function formatTracked(settings: TrackedSettings, type: ResourceType, place: ResourcePlace) {
  const { name, etag, createdAtMs, resource } = settings;
  return {
    id: formatResourceId(place, type, name),
    name,
    type: `${ARM_NAMESPACE}/${type}`,
    location: resource.location,
    tags: resource.tags,
    etag,
    // One tool finds its way with these. (protocol reference: service-facing 7.2)
    subscriptionid: place.subscriptionId,
    resourcegroup: place.resourceGroup,
    systemData: { createdAt: new Date(createdAtMs).toISOString() },
  };
}

/** Echoed members are kept with the settings, and so have a limit. */
const ECHOED_LENGTH_MAX = 32_768;

/**
 * The properties in a body, before it was validated, that mean nothing here: they are given back as they came.
 * Without any properties, what was kept stays.
 */
export function readEchoed(
  body: JsonObject,
  current: JsonObject,
  { known }: { readonly known: readonly string[] },
): Reading<JsonObject> {
  const properties = Object.entries(body).find(([key]) => key.toLowerCase() === "properties")?.[1];
  if (!isJsonObject(properties)) return read(current);
  const lowered = new Set(known.map((name) => name.toLowerCase()));
  const unknown = Object.entries(properties).filter(
    ([name, value]) => !lowered.has(name.toLowerCase()) && value !== null,
  );
  const echoed = Object.fromEntries(unknown);
  if (JSON.stringify(echoed).length <= ECHOED_LENGTH_MAX) return read(echoed);
  return invalid("The properties are too long");
}

/** Says why a property that nothing here enforces takes its harmless value only. */
export function notEnforced(what: string): string {
  return `${what}: this server enforces nothing of the kind, so it cannot be asked for`;
}

/** Clients say null for what they leave to the server. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
