import type { JsonObject, JsonValue } from "../json/json-value.ts";
import { isJsonObject, jsonObject, member } from "../json/json-value.ts";
import type { Twin, TwinSection } from "./twin.ts";

/** One accepted change of a twin, for whoever reacts to it. */
export interface TwinChange {
  readonly kind: "updateTwin" | "replaceTwin";
  /** Made by configurations, which have looked at the twin already. */
  readonly isSettlement?: true;
  readonly before: Twin;
  readonly twin: Twin;
  /** Only what was sent, per section; a key set to null was removed. */
  readonly tags: JsonObject | undefined;
  readonly desired: JsonObject | undefined;
  readonly reported: JsonObject | undefined;
}

/** The body of a twin change event. (protocol reference: service-facing 6.3) */
export function describeChange(change: TwinChange): JsonObject {
  const { twin } = change;
  const sections: [string, JsonValue][] = [];
  if (change.desired !== undefined) {
    sections.push(["desired", describeSection(change.desired, twin.desired)]);
  }
  if (change.reported !== undefined) {
    sections.push(["reported", describeSection(change.reported, twin.reported)]);
  }
  if (change.kind === "replaceTwin") {
    return describeTwin(twin);
  }
  return jsonObject([
    ["version", twin.version],
    ...(change.tags === undefined ? [] : [["tags", change.tags] as const]),
    ...(sections.length === 0 ? [] : [["properties", jsonObject(sections)] as const]),
  ]);
}

/** The whole twin, as events about an identity carry it. */
export function describeTwin(twin: Twin): JsonObject {
  return jsonObject([
    ["deviceId", twin.key.deviceId],
    ...(twin.key.moduleId === undefined ? [] : [["moduleId", twin.key.moduleId] as const]),
    ["etag", twin.etag],
    ["version", twin.version],
    ["tags", twin.tags],
    [
      "properties",
      {
        desired: describeSection(twin.desired.values, twin.desired),
        reported: describeSection(twin.reported.values, twin.reported),
      },
    ],
  ]);
}

function describeSection(values: JsonObject, section: TwinSection): JsonObject {
  return jsonObject([
    ...Object.entries(values),
    ["$metadata", pruneMetadata(section.metadata, values)],
    ["$version", section.version],
  ]);
}

/** The metadata of what changed, not of the whole section. */
function pruneMetadata(metadata: JsonObject, values: JsonObject): JsonObject {
  const kept: [string, JsonValue][] = [];
  for (const [key, entry] of Object.entries(metadata)) {
    if (key.startsWith("$")) kept.push([key, entry]);
    if (!Object.hasOwn(values, key) || !isJsonObject(entry)) continue;
    const value = member(values, key);
    kept.push([key, isJsonObject(value) ? pruneMetadata(entry, value) : entry]);
  }
  return jsonObject(kept);
}
