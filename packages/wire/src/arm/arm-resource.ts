import type { JsonObject, JsonValue } from "@larimar/domain";
import { z } from "zod";

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

/** Members that mean nothing here, to be given back as they came. */
export function unknownMembers(
  object: JsonObject | undefined,
  known: readonly string[],
): JsonObject {
  const lowered = new Set(known.map((name) => name.toLowerCase()));
  const rest = Object.entries(object ?? {}).filter(
    (entry): entry is [string, JsonValue] =>
      !lowered.has(entry[0].toLowerCase()) && entry[1] !== null,
  );
  return Object.fromEntries(rest);
}

/** Echoed members are kept with a hub's settings, and so have a limit. */
export const ECHOED_LENGTH_MAX = 32_768;

/** Clients say null for what they leave to the server. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
