import { HubError } from "../errors/hub-error.ts";
import type { JsonObject, JsonValue } from "../json/json-value.ts";
import { isJsonObject, jsonObject, member } from "../json/json-value.ts";
import { COMPONENT_KEY, COMPONENT_MARK, isComponent } from "./digital-twin.ts";

/** A step of a JSON Patch. [RFC 6902] */
export interface DigitalTwinOperation {
  readonly op: "add" | "replace" | "remove";
  readonly path: string;
  readonly value?: JsonValue | undefined;
}

/** A patch with more steps is refused with DigitalTwinPatchInvalid. */
const OPERATIONS_MAX = 1000;

/**
 * The desired properties after all steps. A path is `/property`, `/component/property`, or `/component` with
 * a value that has `$metadata`; values are written as a whole.
 * Throws `DigitalTwinPatchInvalid`, `DigitalTwinPathInvalid`.
 */
export function applyOperations(
  desired: JsonObject,
  operations: readonly DigitalTwinOperation[],
): JsonObject {
  if (operations.length > OPERATIONS_MAX) {
    throw invalid(`${operations.length} operations are more than ${OPERATIONS_MAX}`);
  }
  return operations.reduce(applyOperation, desired);
}

/** What has to be merged to take all steps. What is written is told to the device, also when it was so before. */
export function toDesiredPatch(
  desired: JsonObject,
  operations: readonly DigitalTwinOperation[],
): JsonObject {
  const next = applyOperations(desired, operations);
  return operations.reduce(
    (patch, { path }) => {
      const [first, second] = readPath(path);
      const written = member(next, first);
      if (second === undefined) return withWritten(patch, first, written);
      const inner = member(patch, first) ?? {};
      if (!isJsonObject(inner) || !isJsonObject(written)) return patch;
      // Devices tell by the mark that a component is meant.
      const marked = withMember(inner, COMPONENT_KEY, COMPONENT_MARK);
      return withMember(patch, first, withWritten(marked, second, member(written, second)));
    },
    mergePatchBetween(desired, next),
  );
}

function withWritten(patch: JsonObject, name: string, written: JsonValue | undefined): JsonObject {
  if (written === undefined || Object.hasOwn(patch, name)) return patch;
  return withMember(patch, name, written);
}

/** The patch that makes the one of the other when it is merged. */
export function mergePatchBetween(before: JsonObject, after: JsonObject): JsonObject {
  const entries: (readonly [string, JsonValue])[] = [];
  for (const name of Object.keys(before)) {
    if (!Object.hasOwn(after, name)) entries.push([name, null]);
  }
  for (const [name, value] of Object.entries(after)) {
    const current = member(before, name);
    if (isJsonObject(current) && isJsonObject(value)) {
      const inner = mergePatchBetween(current, value);
      if (Object.keys(inner).length > 0) entries.push([name, inner]);
    } else if (JSON.stringify(current) !== JSON.stringify(value)) {
      entries.push([name, value]);
    }
  }
  return jsonObject(entries);
}

function applyOperation(
  desired: JsonObject,
  { op, path, value }: DigitalTwinOperation,
): JsonObject {
  const [first, second] = readPath(path);
  if (op === "remove") return removed(desired, path, first, second);
  if (value === undefined || value === null) throw invalid(`'${path}' needs a value to ${op}`);
  if (second === undefined) return withMember(desired, first, propertyOf(value));
  const current = member(desired, first);
  const component = isComponent(current) ? current : { [COMPONENT_KEY]: COMPONENT_MARK };
  return withMember(desired, first, withMember(component, second, value));
}

function removed(
  desired: JsonObject,
  path: string,
  first: string,
  second: string | undefined,
): JsonObject {
  const current = member(desired, first);
  if (second === undefined) {
    if (current === undefined) throw invalid(`There is no '${path}' to remove`);
    return without(desired, first);
  }
  if (!isComponent(current) || member(current, second) === undefined) {
    throw invalid(`There is no '${path}' to remove`);
  }
  return withMember(desired, first, without(current, second));
}

/** Components come with `$metadata`, which tells them from properties whose value is an object. */
function propertyOf(value: JsonValue): JsonValue {
  if (!isJsonObject(value) || !Object.hasOwn(value, "$metadata")) return value;
  return withMember(without(value, "$metadata"), COMPONENT_KEY, COMPONENT_MARK);
}

/** [RFC 6901], one or two names of properties. */
function readPath(path: string): readonly [string, string?] {
  const [root, first, second, ...more] = path.split("/").map(unescape);
  if (root !== "" || first === undefined || more.length > 0) throw pathInvalid(path);
  for (const name of second === undefined ? [first] : [first, second]) {
    if (name === "" || name.startsWith("$") || name === COMPONENT_KEY) throw pathInvalid(path);
  }
  return second === undefined ? [first] : [first, second];
}

function unescape(name: string): string {
  return name.replaceAll("~1", "/").replaceAll("~0", "~");
}

function withMember(object: JsonObject, name: string, value: JsonValue): JsonObject {
  return jsonObject([...Object.entries(object).filter(([key]) => key !== name), [name, value]]);
}

function without(object: JsonObject, name: string): JsonObject {
  return jsonObject(Object.entries(object).filter(([key]) => key !== name));
}

function invalid(message: string): HubError {
  return new HubError("DigitalTwinPatchInvalid", message);
}

function pathInvalid(path: string): HubError {
  return new HubError(
    "DigitalTwinPathInvalid",
    `'${path}' is neither /property nor /component/property`,
  );
}
