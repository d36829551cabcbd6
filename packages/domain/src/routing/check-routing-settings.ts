import { HubError } from "../errors/hub-error.ts";
import type { ConditionError } from "./language/condition-error.ts";
import { compileCondition } from "./language/compile-condition.ts";
import type { Enrichment, Route, RoutingEndpoint, RoutingSettings } from "./routing-settings.ts";
import { BUILT_IN_ENDPOINT, conditionOf } from "./routing-settings.ts";

/** More of anything is refused when settings are changed. */
export const ROUTING_LIMITS = {
  endpointsMax: 10,
  routesMax: 100,
  enrichmentsMax: 10,
  nameLengthMax: 64,
  conditionLengthMax: 4096,
  enrichmentValueLengthMax: 1024,
} as const;

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const RESERVED = new Set([BUILT_IN_ENDPOINT, "filenotifications", "$default"]);

/** Routes that could not work are never stored. Throws `ArgumentInvalid`. */
export function checkRoutingSettings(routing: RoutingSettings): void {
  const { endpoints, routes, fallbackRoute, enrichments } = routing;
  const { endpointsMax, routesMax, enrichmentsMax } = ROUTING_LIMITS;
  if (endpoints.length > endpointsMax) throw invalid(`A hub has at most ${endpointsMax} endpoints`);
  if (routes.length > routesMax) throw invalid(`A hub has at most ${routesMax} routes`);
  if (enrichments.length > enrichmentsMax) {
    throw invalid(`A hub has at most ${enrichmentsMax} enrichments`);
  }
  checkNames("endpoint", endpoints);
  checkNames("route", routes);
  for (const endpoint of endpoints) checkEndpoint(endpoint);
  const known = new Set([BUILT_IN_ENDPOINT, ...endpoints.map(({ name }) => name.toLowerCase())]);
  for (const route of [...routes, fallbackRoute]) checkRoute(route, known);
  if (fallbackRoute.source !== "DeviceMessages") {
    throw invalid("The fallback route takes device messages only");
  }
  for (const enrichment of enrichments) checkEnrichment(enrichment, known);
}

function checkNames(what: string, named: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of named) {
    if (!NAME.test(name)) {
      throw invalid(`The name of ${what} '${name}' is not 1 to 64 letters, digits and . _ -`);
    }
    const lowered = name.toLowerCase();
    if (RESERVED.has(lowered)) throw invalid(`'${name}' is a name of the hub itself`);
    if (seen.has(lowered)) throw invalid(`There are two ${what}s named '${name}'`);
    seen.add(lowered);
  }
}

function checkEndpoint(endpoint: RoutingEndpoint): void {
  const { name, authenticationType, connectionString, endpointUri } = endpoint;
  if (authenticationType === "identityBased" && endpointUri === undefined) {
    throw invalid(`Endpoint '${name}' needs an endpointUri, because it has no keys`);
  }
  if (endpoint.kind === "cosmosContainer") {
    if (endpointUri === undefined) throw invalid(`Endpoint '${name}' needs an endpointUri`);
    if (authenticationType === "keyBased" && !endpoint.primaryKey) {
      throw invalid(`Endpoint '${name}' needs a primary key`);
    }
  } else if (authenticationType === "keyBased" && !connectionString) {
    throw invalid(`Endpoint '${name}' needs a connection string`);
  }
  if (endpoint.kind !== "storageContainer") return;
  const { batchFrequencySeconds, chunkBytesMax, fileNameFormat } = endpoint;
  if (!isWithin(batchFrequencySeconds, 60, 720)) {
    throw invalid(`Endpoint '${name}' writes every 60 to 720 seconds`);
  }
  if (!isWithin(chunkBytesMax, 10_485_760, 524_288_000)) {
    throw invalid(`Endpoint '${name}' writes at most 10,485,760 to 524,288,000 bytes at once`);
  }
  const parts = ["{iothub}", "{partition}", "{YYYY}", "{MM}", "{DD}", "{HH}", "{mm}"];
  const missing = parts.filter((part) => !fileNameFormat.includes(part));
  if (missing.length > 0) {
    throw invalid(`The file name format of endpoint '${name}' lacks ${missing.join(", ")}`);
  }
}

function checkRoute(route: Route, known: ReadonlySet<string>): void {
  const { name, condition, endpointNames } = route;
  if (condition.length > ROUTING_LIMITS.conditionLengthMax) {
    throw invalid(`The condition of route '${name}' is too long`);
  }
  if (endpointNames.length !== 1) throw invalid(`Route '${name}' needs exactly one endpoint`);
  checkKnown(`Route '${name}'`, endpointNames, known);
  if (!isServed(endpointNames[0]!)) {
    throw invalid(`Route '${name}' goes to an endpoint that the hub cannot deliver to yet`);
  }
  const [error] = conditionErrorsOf(route);
  if (error === undefined) return;
  const { line, column } = error.location.start;
  throw invalid(
    `The condition of route '${name}' is wrong at line ${line}, column ${column}: ${error.message}`,
  );
}

/** The mistakes in a route's condition; none means that it can be stored. */
export function conditionErrorsOf(
  route: Pick<Route, "source" | "condition">,
): readonly ConditionError[] {
  const isTwinChange = route.source === "TwinChangeEvents";
  const compiled = compileCondition(conditionOf(route), { isTwinChange });
  return compiled.isValid ? [] : compiled.errors;
}

// NOTE: a message that went to one of these would be lost, so nothing may be sent there.
function isServed(endpointName: string): boolean {
  return endpointName.toLowerCase() === BUILT_IN_ENDPOINT;
}

function checkEnrichment(
  { key, value, endpointNames }: Enrichment,
  known: ReadonlySet<string>,
): void {
  if (!NAME.test(key)) {
    throw invalid(`The key of enrichment '${key}' is not 1 to 64 letters, digits and . _ -`);
  }
  if (value === "" || value.length > ROUTING_LIMITS.enrichmentValueLengthMax) {
    throw invalid(`The value of enrichment '${key}' is empty or too long`);
  }
  if (endpointNames.length === 0) throw invalid(`Enrichment '${key}' needs an endpoint`);
  checkKnown(`Enrichment '${key}'`, endpointNames, known);
}

function checkKnown(who: string, names: readonly string[], known: ReadonlySet<string>): void {
  const unknown = names.find((name) => !known.has(name.toLowerCase()));
  if (unknown !== undefined) throw invalid(`${who} names the unknown endpoint '${unknown}'`);
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function invalid(message: string): HubError {
  return new HubError("ArgumentInvalid", message);
}
