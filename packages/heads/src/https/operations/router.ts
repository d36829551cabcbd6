import { HTTP_METHODS, type HttpMethod, matchPath } from "@larimar/wire";
import type { Route } from "./route.ts";

export interface RouteMatch {
  readonly route: Route;
  readonly params: ReadonlyMap<string, string>;
}

export type Routing =
  /** The route is that of the first match; there is one for each reading of the path that has one. */
  | { readonly kind: "found"; readonly route: Route; readonly matches: readonly RouteMatch[] }
  | {
      readonly kind: "methodNotAllowed";
      readonly allowed: readonly HttpMethod[];
      readonly route: Route;
    }
  | { readonly kind: "notFound" };

/** Which operation a request asks for. */
export class Router {
  readonly #routes: readonly Route[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.toSorted((a, b) => b.path.specificity - a.path.specificity);
  }

  /** One match for each reading of the path that fits, in the order of the readings. */
  find(method: string, pathReadings: readonly (readonly string[])[]): Routing {
    const matches = pathReadings
      .map((path) => this.#matchesOf(path))
      .filter((some) => some.length > 0);
    const usable = matches.flatMap((some) => {
      const first = some.find(({ route }) => isServedBy(route, method));
      return first === undefined ? [] : [first];
    });
    const [first] = usable;
    if (first !== undefined) return { kind: "found", route: first.route, matches: usable };
    const route = matches[0]?.[0]?.route;
    if (route === undefined) return { kind: "notFound" };
    const allowed = new Set(matches.flat().map((match) => match.route.contract.method));
    return { kind: "methodNotAllowed", allowed: [...allowed], route };
  }

  #matchesOf(path: readonly string[]): RouteMatch[] {
    return this.#routes.flatMap((route) => {
      const params = matchPath(route.path, path);
      return params === undefined ? [] : [{ route, params }];
    });
  }
}

/** Probes of load balancers like to ask with HEAD; the answer's body is left out on the way. */
function isServedBy({ contract }: Route, method: string): boolean {
  return (
    contract.method === method ||
    (method === "HEAD" && contract.method === "GET" && contract.caller === "anyone")
  );
}

/** One client cannot send PATCH and says so in a header of a POST. (protocol reference: service-facing 2.1) */
export function effectiveMethod(method: string, override: string | undefined): string {
  if (method !== "POST" || override === undefined) return method;
  const wanted = override.trim().toUpperCase();
  return HTTP_METHODS.find((known) => known === wanted) ?? wanted;
}
