import { HubError } from "../errors/hub-error.ts";
import type { JsonObject, JsonValue } from "../json/json-value.ts";
import { isJsonObject, member } from "../json/json-value.ts";
import { QUERY_LENGTH_MAX } from "../query/query-limits.ts";
import type { QueryTarget } from "../query/language/query-ast.ts";
import { parseTarget } from "../query/language/parse-query.ts";
import { PROPERTIES_LIMITS, checkPatch, sizeOf } from "../twins/twin-rules.ts";
import type { Configuration, ConfigurationKind } from "./configuration.ts";
import { EDGE_AGENT, EDGE_HUB, isBase } from "./edge-layers.ts";
import { parseSettingPath, settingsOf, setAt } from "./settings.ts";

const ID_PATTERN = /^[a-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;
const SYSTEM_MODULES = "properties.desired.systemModules";
const PRIORITY_MAX = 2_147_483_647;
/** Characters of all labels, names and values; more are refused with ArgumentInvalid. */
const LABELS_LENGTH_MAX = 4096;
/** More are refused with MetricQueriesInvalid. */
const METRIC_QUERIES_MAX = 5;
const METRIC_NAME_LENGTH_MAX = 128;
const SCHEMA_VERSION_LENGTH_MAX = 32;

const CONTENT_KINDS: readonly (readonly [member: string, kind: ConfigurationKind])[] = [
  ["deviceContent", "device"],
  ["moduleContent", "module"],
  ["modulesContent", "edge"],
];

export function checkConfigurationId(id: string): void {
  if (ID_PATTERN.test(id)) return;
  throw invalid(
    "A configuration id has 1 to 128 lower-case letters, digits or characters of - : . + % _ # * ? ! ( ) , = @ $ ' and semicolon",
  );
}

export function checkPlainFields({
  labels,
  priority,
  schemaVersion,
}: Pick<Configuration, "labels" | "priority" | "schemaVersion">): void {
  if (!Number.isInteger(priority) || priority < 0 || priority > PRIORITY_MAX) {
    throw invalid(`A priority is a whole number from 0 to ${PRIORITY_MAX}`);
  }
  if (sizeOf(labels ?? {}) > LABELS_LENGTH_MAX) {
    throw invalid(`Labels have at most ${LABELS_LENGTH_MAX} characters`);
  }
  if ((schemaVersion?.length ?? 0) > SCHEMA_VERSION_LENGTH_MAX) {
    throw invalid(`A schema version has at most ${SCHEMA_VERSION_LENGTH_MAX} characters`);
  }
}

/** What the content is for. Throws `ConfigurationInvalid`. */
export function kindOfContent(content: JsonObject): ConfigurationKind {
  const given = CONTENT_KINDS.filter(([name]) => (member(content, name) ?? null) !== null);
  const [first] = given;
  if (first === undefined || given.length > 1) {
    throw contentInvalid("has one of deviceContent, moduleContent and modulesContent");
  }
  return first[1];
}

/** The content without the members that are null. Throws `ConfigurationInvalid`. */
export function readContent(content: JsonObject): { kind: ConfigurationKind; content: JsonObject } {
  const kind = kindOfContent(content);
  const [name] = CONTENT_KINDS.find(([, known]) => known === kind)!;
  const inner = member(content, name);
  if (!isJsonObject(inner)) throw contentInvalid(`has an object for ${name}`);
  if (kind === "edge") checkModulesContent(inner);
  else checkSettings(name, inner);
  return { kind, content: { [name]: inner } };
}

/** Throws `ConfigurationInvalid`. */
function checkModulesContent(modulesContent: JsonObject): void {
  for (const [moduleId, settings] of Object.entries(modulesContent)) {
    if (!isModuleId(moduleId)) throw contentInvalid(`names a module that cannot be: '${moduleId}'`);
    if (!isJsonObject(settings)) throw contentInvalid(`has an object for '${moduleId}'`);
    checkSettings(moduleId, settings);
  }
}

/** A deployment has something to say to the agent. Throws `ConfigurationInvalid`. */
export function checkDeployment(modulesContent: JsonObject): void {
  const agent = member(modulesContent, EDGE_AGENT);
  if (!isJsonObject(agent)) throw contentInvalid(`for edge devices has a section ${EDGE_AGENT}`);
  if (isBase(modulesContent)) return;
  const ofSystem = Object.keys(agent).find((key) => key.startsWith(SYSTEM_MODULES));
  if (ofSystem !== undefined) throw contentInvalid("that is a layer leaves system modules alone");
}

/** Throws `TargetConditionInvalid` with the place in the text. */
export function readTarget(text: string, kind: ConfigurationKind | undefined): QueryTarget {
  const target = asTargetError(() => parseTarget(text));
  const collection = kind === "module" ? "devices.modules" : "devices";
  const isNobody = text.trim() === "";
  if (isNobody) return { ...target, collection };
  if (target.collection === "devices.jobs") throw targetInvalid("Jobs are no target");
  if (kind !== undefined && target.collection !== collection) {
    throw targetInvalid(
      kind === "module"
        ? "The target of a configuration for modules begins with FROM devices.modules WHERE"
        : "The target of this configuration is a condition on devices",
    );
  }
  return target;
}

/** Queries are judged when they are evaluated. Throws `MetricQueriesInvalid`. */
export function checkMetricQueries(queries: Readonly<Record<string, string>>): void {
  const entries = Object.entries(queries);
  if (entries.length > METRIC_QUERIES_MAX) {
    throw metricsInvalid(`A configuration has at most ${METRIC_QUERIES_MAX} metrics`);
  }
  for (const [name, query] of entries) {
    if (name.length === 0 || name.length > METRIC_NAME_LENGTH_MAX) {
      throw metricsInvalid(`The name of a metric has 1 to ${METRIC_NAME_LENGTH_MAX} characters`);
    }
    if (query.trim() === "" || query.length > QUERY_LENGTH_MAX) {
      throw metricsInvalid(`The query of a metric has 1 to ${QUERY_LENGTH_MAX} characters`);
    }
  }
}

function checkSettings(section: string, content: JsonObject): void {
  for (const [key, value] of Object.entries(content)) {
    const path = parseSettingPath(key);
    if (path === undefined) {
      throw contentInvalid(`has properties.desired and what is below it in ${section}`);
    }
    if (path.length === 0 && !isJsonObject(value)) {
      throw contentInvalid(`has an object for properties.desired in ${section}`);
    }
    asContentError(() => checkPatch("properties.desired", nest(path, value), PROPERTIES_LIMITS));
  }
  const size = sizeOf(settingsOf(content).reduce(setAt, {}));
  if (size > PROPERTIES_LIMITS.sizeMax) {
    throw contentInvalid(
      `has at most ${PROPERTIES_LIMITS.sizeMax} bytes for a twin; ${section} has ${size}`,
    );
  }
}

/** Keeps keys that hold nothing, unlike what is done with settings: they too have to be keys. */
function nest(path: readonly string[], value: JsonValue): JsonObject {
  const nested = path.reduceRight<JsonValue>((inner, key) => ({ [key]: inner }), value);
  return isJsonObject(nested) ? nested : {};
}

function isModuleId(id: string): boolean {
  return id === EDGE_AGENT || id === EDGE_HUB || /^[A-Za-z0-9\-:.+%_#*?!(),=@;']{1,128}$/.test(id);
}

function asContentError(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new HubError("ConfigurationInvalid", error.message, error.details, {
      cause: error,
    });
  }
}

function asTargetError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new HubError("TargetConditionInvalid", error.message, error.details, {
      cause: error,
    });
  }
}

function invalid(message: string): HubError {
  return new HubError("ArgumentInvalid", message);
}

function contentInvalid(problem: string): HubError {
  return new HubError("ConfigurationInvalid", `The content of a configuration ${problem}`);
}

function targetInvalid(message: string): HubError {
  return new HubError("TargetConditionInvalid", message);
}

function metricsInvalid(message: string): HubError {
  return new HubError("MetricQueriesInvalid", message);
}
