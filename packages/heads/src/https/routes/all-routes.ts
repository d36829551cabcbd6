import type { Route } from "../route.ts";
import { apiDescriptionRoute } from "./api-description.ts";
import { bulkRoutes } from "./bulk.ts";
import { commandRoutes } from "./commands.ts";
import { configurationRoutes } from "./configurations.ts";
import { deviceCommandRoutes } from "./device-commands.ts";
import { deviceEventRoutes } from "./device-events.ts";
import { deviceRoutes } from "./devices.ts";
import { digitalTwinRoutes } from "./digital-twins.ts";
import { fileRoutes } from "./files.ts";
import { healthRoutes } from "./health.ts";
import { jobRoutes } from "./jobs.ts";
import { methodRoutes } from "./methods.ts";
import { moduleRoutes } from "./modules.ts";
import { queryRoutes } from "./queries.ts";
import { serviceCommandRoutes } from "./service-commands.ts";
import { statisticsRoutes } from "./statistics.ts";
import { transferRoutes } from "./transfers.ts";
import { twinRoutes } from "./twins.ts";

/** Every operation of the HTTPS head. */
export function allRoutes(parts: { readonly ready: () => boolean }): Route[] {
  const routes: Route[] = [
    ...deviceRoutes,
    ...moduleRoutes,
    ...configurationRoutes,
    ...bulkRoutes,
    ...deviceEventRoutes,
    ...deviceCommandRoutes,
    ...fileRoutes,
    ...twinRoutes,
    ...queryRoutes,
    ...methodRoutes,
    ...digitalTwinRoutes,
    ...jobRoutes,
    ...transferRoutes,
    ...commandRoutes,
    ...serviceCommandRoutes,
    ...statisticsRoutes,
    ...healthRoutes(parts.ready),
  ];
  return [...routes, apiDescriptionRoute(routes)];
}
