import type { JsonObject, JsonValue } from "../json/json-value.ts";
import { isJsonObject, jsonObject, member } from "../json/json-value.ts";
import type { Twin } from "../twins/twin.ts";

/** How a twin marks a component among its properties: a member of this name, with this value. */
export const COMPONENT_KEY = "__t";
export const COMPONENT_MARK = "c";

type Entries = (readonly [string, JsonValue])[];

/** One level of both sections of a twin: its root, or a component. */
interface Level {
  readonly desired: JsonObject;
  readonly desiredMetadata: JsonObject;
  readonly reported: JsonObject;
  readonly reportedMetadata: JsonObject;
}

/**
 * A device's twin as Plug and Play sees it: what the device reports is the value of a property, what a back
 * end wants and how far the device is with it are its metadata. (protocol reference: service-facing 2.16)
 */
export function toDigitalTwin(twin: Twin): JsonObject {
  const { desired, reported } = twin;
  const root = describeLevel(
    {
      desired: desired.values,
      desiredMetadata: desired.metadata,
      reported: reported.values,
      reportedMetadata: reported.metadata,
    },
    [["$model", twin.modelId]],
  );
  return jsonObject([["$dtId", twin.key.deviceId], ...root]);
}

export function isComponent(value: JsonValue | undefined): value is JsonObject {
  return isJsonObject(value) && member(value, COMPONENT_KEY) === COMPONENT_MARK;
}

function describeLevel(level: Level, ownMetadata: Entries): Entries {
  const { desired, reported } = level;
  const properties: Entries = [];
  const metadata: Entries = [...ownMetadata];
  for (const name of new Set([...Object.keys(reported), ...Object.keys(desired)])) {
    if (name === COMPONENT_KEY) continue;
    const [wanted, told] = [member(desired, name), member(reported, name)];
    if (isComponent(wanted) || isComponent(told)) {
      properties.push([name, jsonObject(describeLevel(below(level, name), []))]);
      continue;
    }
    const acknowledged = isAcknowledgement(told) ? told : undefined;
    const value = acknowledged === undefined ? told : member(acknowledged, "value");
    if (value !== undefined) properties.push([name, value]);
    metadata.push([name, describeProperty(level, name, acknowledged)]);
  }
  return [...properties, ["$metadata", jsonObject(metadata)]];
}

function describeProperty(
  { desired, desiredMetadata, reported, reportedMetadata }: Level,
  name: string,
  acknowledged: JsonObject | undefined,
): JsonObject {
  const wanted = member(desired, name);
  const entries: Entries = [];
  const add = (key: string, value: JsonValue | undefined): void => {
    if (value !== undefined) entries.push([key, value]);
  };
  add("desiredValue", wanted);
  if (wanted !== undefined) {
    add("desiredVersion", member(objectAt(desiredMetadata, name), "$lastUpdatedVersion"));
  }
  if (acknowledged !== undefined) {
    add("ackVersion", member(acknowledged, "av"));
    add("ackCode", member(acknowledged, "ac"));
    add("ackDescription", member(acknowledged, "ad"));
  }
  // When the device last spoke of it: what it has not heard of, or not answered, has none.
  if (member(reported, name) !== undefined) {
    add("lastUpdateTime", member(objectAt(reportedMetadata, name), "$lastUpdated"));
  }
  return jsonObject(entries);
}

/** What a device says of a property that a back end may write. */
function isAcknowledgement(value: JsonValue | undefined): value is JsonObject {
  return isJsonObject(value) && ["value", "ac", "av"].every((key) => Object.hasOwn(value, key));
}

function below(
  { desired, desiredMetadata, reported, reportedMetadata }: Level,
  name: string,
): Level {
  return {
    desired: objectAt(desired, name),
    desiredMetadata: objectAt(desiredMetadata, name),
    reported: objectAt(reported, name),
    reportedMetadata: objectAt(reportedMetadata, name),
  };
}

function objectAt(object: JsonObject, name: string): JsonObject {
  const value = member(object, name);
  return isJsonObject(value) ? value : {};
}
