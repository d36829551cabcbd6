import type { JsonObject, Twin, TwinSection } from "@larimar/domain";
import { jsonObject } from "@larimar/domain";

/** What a device reads of its twin: values and versions, no metadata, no wrapper. */
export function deviceTwinDocument(twin: Twin): JsonObject {
  return { desired: withVersion(twin.desired), reported: withVersion(twin.reported) };
}

/** What a device hears of a change of its desired properties. */
export function desiredPatchDocument(change: { patch: JsonObject; version: number }): JsonObject {
  return jsonObject([...Object.entries(change.patch), ["$version", change.version]]);
}

function withVersion({ values, version }: TwinSection): JsonObject {
  return jsonObject([...Object.entries(values), ["$version", version]]);
}
