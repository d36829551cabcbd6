import type { Route } from "../route.ts";
import { deviceEventRoutes } from "./device-events.ts";
import { deviceRoutes } from "./devices.ts";
import { healthRoutes } from "./health.ts";
import { statisticsRoutes } from "./statistics.ts";

/** Every operation of the HTTPS head. */
export function allRoutes(parts: { readonly ready: () => boolean }): Route[] {
  return [...deviceRoutes, ...deviceEventRoutes, ...statisticsRoutes, ...healthRoutes(parts.ready)];
}
