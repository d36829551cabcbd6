import type { JsonObject } from "../json/json-value.ts";
import { isJsonObject, member } from "../json/json-value.ts";
import { isSameJson } from "../json/same-json.ts";
import type { Twin } from "../twins/twin.ts";
import { toDigitalTwin } from "./digital-twin.ts";

/**
 * The JSON Patch that makes a digital twin of what it was before, members in the order of their names; empty
 * when Plug and Play sees no difference. [RFC 6902] (protocol reference: service-facing 6.4)
 */
export function describeDigitalTwinChange(before: Twin, after: Twin): readonly JsonObject[] {
  return [...operationsBetween(toDigitalTwin(before), toDigitalTwin(after), "")];
}

function* operationsBetween(
  before: JsonObject,
  after: JsonObject,
  parent: string,
): Generator<JsonObject> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const name of [...names].toSorted()) {
    const path = `${parent}/${escape(name)}`;
    const [was, is] = [member(before, name), member(after, name)];
    if (is === undefined) yield { op: "remove", path };
    else if (was === undefined) yield { op: "add", path, value: is };
    else if (isJsonObject(was) && isJsonObject(is)) yield* operationsBetween(was, is, path);
    else if (!isSameJson(was, is)) yield { op: "replace", path, value: is };
  }
}

/** [RFC 6901] */
function escape(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
