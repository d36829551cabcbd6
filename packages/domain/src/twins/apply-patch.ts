import type { JsonObject, JsonValue } from "../json/json-value.ts";
import { isJsonObject, jsonObject, member } from "../json/json-value.ts";
import type { TwinSection } from "./twin.ts";

/** What every changed level of the metadata says. */
type Stamp = JsonObject;

/** JSON merge: objects merge, null deletes, everything else replaces. One more version, always. */
export function applyPatch(
  section: TwinSection,
  patch: JsonObject,
  options: { nowMs: number; stampsVersion: boolean },
): TwinSection {
  const version = section.version + 1;
  const stamp = createStamp(version, options);
  const merged = merge(section.values, section.metadata, patch, stamp);
  return { ...merged, version };
}

/** The section becomes exactly these values. Unchanged parts do not keep their times: all was written. */
export function replaceSection(
  section: TwinSection,
  values: JsonObject,
  options: { nowMs: number; stampsVersion: boolean },
): TwinSection {
  const version = section.version + 1;
  const stamp = createStamp(version, options);
  return { ...merge({}, {}, values, stamp), version };
}

/** Tags have no metadata. */
export function mergeTags(tags: JsonObject, patch: JsonObject): JsonObject {
  return merge(tags, {}, patch, {}).values;
}

function createStamp(version: number, options: { nowMs: number; stampsVersion: boolean }): Stamp {
  const $lastUpdated = new Date(options.nowMs).toISOString();
  return options.stampsVersion ? { $lastUpdated, $lastUpdatedVersion: version } : { $lastUpdated };
}

function merge(
  values: JsonObject,
  metadata: JsonObject,
  patch: JsonObject,
  stamp: Stamp,
): { values: JsonObject; metadata: JsonObject } {
  const nextValues = new Map<string, JsonValue>(Object.entries(values));
  const nextMetadata = new Map<string, JsonValue>(Object.entries(metadata));
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) {
      nextValues.delete(key);
      nextMetadata.delete(key);
    } else if (isJsonObject(change)) {
      const current = member(values, key);
      const currentMetadata = member(metadata, key);
      const inner = isJsonObject(current)
        ? merge(current, isJsonObject(currentMetadata) ? currentMetadata : {}, change, stamp)
        : merge({}, {}, change, stamp);
      nextValues.set(key, inner.values);
      nextMetadata.set(key, inner.metadata);
    } else {
      nextValues.set(key, change);
      nextMetadata.set(key, stamp);
    }
  }
  for (const [key, value] of Object.entries(stamp)) nextMetadata.set(key, value);
  return { values: jsonObject(nextValues), metadata: jsonObject(nextMetadata) };
}
