import type { JsonValue } from "../json/json-value.ts";
import type { Message } from "../telemetry/message.ts";
import { Enricher } from "./enrich.ts";
import type { Condition } from "./language/compile-condition.ts";
import { compileCondition } from "./language/compile-condition.ts";
import type { RoutedMessage } from "./language/value.ts";
import type { Route, RoutingSettings, RoutingSource } from "./routing-settings.ts";
import { BUILT_IN_ENDPOINT, conditionOf } from "./routing-settings.ts";

interface CompiledRoute {
  readonly route: Route;
  readonly condition: Condition;
}

/** The routing settings of a hub, made ready once per change. */
export class Router {
  /** Everything devices send goes to the hub's own events, as it is: nothing to do per message. */
  readonly isPlain: boolean;
  readonly #routes: ReadonlyMap<RoutingSource, readonly CompiledRoute[]>;
  readonly #fallback: CompiledRoute | undefined;
  readonly #enricher: Enricher;

  constructor({ routes, fallbackRoute, enrichments }: RoutingSettings, hubName: string) {
    this.#routes = bySource(routes.filter(({ isEnabled }) => isEnabled).map(compileRoute));
    this.#fallback = fallbackRoute.isEnabled ? compileRoute(fallbackRoute) : undefined;
    const ofEvents = enrichments.filter(({ endpointNames }) => endpointNames.some(isBuiltIn));
    this.#enricher = new Enricher(ofEvents, hubName);
    const takesAll = fallbackRoute.isEnabled && conditionOf(fallbackRoute) === "true";
    const takesMessages = this.#of("DeviceMessages").length > 0;
    this.isPlain = takesAll && !takesMessages && this.#enricher.isIdle;
  }

  /** False when no route could take anything of this source. */
  listensTo(source: RoutingSource): boolean {
    return this.#of(source).length > 0;
  }

  /** Whether the sender's twin must be there to route and enrich what comes from a source. */
  needsTwin(source: RoutingSource): boolean {
    if (this.#enricher.needsTwin && isEnriched(source)) return true;
    const considered = [...this.#of(source), ...this.#fallbackOf(source)];
    return considered.some(({ condition }) => condition.needs.twin);
  }

  /** The routes that take a message; the fallback when there is none and it may. */
  matching(source: RoutingSource, message: RoutedMessage): readonly Route[] {
    const taken = this.#of(source).filter(({ condition }) => condition.evaluate(message) === true);
    const chosen =
      taken.length > 0
        ? taken
        : this.#fallbackOf(source).filter(({ condition }) => condition.evaluate(message) === true);
    return chosen.map(({ route }) => route);
  }

  /** Whether a message goes to the hub's own events. */
  goesToEvents(source: RoutingSource, message: RoutedMessage): boolean {
    return this.matching(source, message).some(({ endpointNames }) =>
      endpointNames.some(isBuiltIn),
    );
  }

  /** A message as the hub's own events show it. */
  enrich(source: RoutingSource, message: Message, twin: JsonValue | undefined): Message {
    return this.#enricher.isIdle || !isEnriched(source)
      ? message
      : this.#enricher.enrich(message, twin);
  }

  #of(source: RoutingSource): readonly CompiledRoute[] {
    return this.#routes.get(source) ?? [];
  }

  #fallbackOf(source: RoutingSource): readonly CompiledRoute[] {
    return source === "DeviceMessages" && this.#fallback !== undefined ? [this.#fallback] : [];
  }
}

function bySource(
  routes: readonly CompiledRoute[],
): ReadonlyMap<RoutingSource, readonly CompiledRoute[]> {
  const grouped = new Map<RoutingSource, CompiledRoute[]>();
  for (const compiled of routes) {
    const { source } = compiled.route;
    grouped.set(source, [...(grouped.get(source) ?? []), compiled]);
  }
  return grouped;
}

/** A JSON Patch says what has changed and nothing else. (protocol reference: routing 7) */
function isEnriched(source: RoutingSource): boolean {
  return source !== "DigitalTwinChangeEvents";
}

function isBuiltIn(endpoint: string): boolean {
  return endpoint.toLowerCase() === BUILT_IN_ENDPOINT;
}

function compileRoute(route: Route): CompiledRoute {
  const isTwinChange = route.source === "TwinChangeEvents";
  const compiled = compileCondition(conditionOf(route), { isTwinChange });
  // Settings are checked before they are stored.
  if (!compiled.isValid) throw new Error(`Route '${route.name}' does not compile`);
  return { route, condition: compiled.condition };
}
