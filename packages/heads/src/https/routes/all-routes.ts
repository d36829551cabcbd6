import type { Route } from "../operations/route.ts";
import { apiDescriptionRoute } from "./api-description.ts";
import { bulkRoutes } from "./for-back-ends/bulk.ts";
import { configurationRoutes } from "./for-back-ends/configurations.ts";
import { deviceCommandRoutes } from "./for-devices/device-commands.ts";
import { deviceEventRoutes } from "./for-devices/device-events.ts";
import { deviceRoutes } from "./for-back-ends/devices.ts";
import { digitalTwinRoutes } from "./for-back-ends/digital-twins.ts";
import { fileRoutes } from "./for-devices/files.ts";
import { healthRoutes } from "./health.ts";
import { jobRoutes } from "./for-back-ends/jobs.ts";
import { methodRoutes } from "./for-back-ends/methods.ts";
import { moduleRoutes } from "./for-back-ends/modules.ts";
import { queryRoutes } from "./for-back-ends/queries.ts";
import { serviceCommandRoutes } from "./for-back-ends/service-commands.ts";
import { statisticsRoutes } from "./for-back-ends/statistics.ts";
import { transferRoutes } from "./for-back-ends/transfers.ts";
import { twinRoutes } from "./for-back-ends/twins.ts";

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
    ...serviceCommandRoutes,
    ...statisticsRoutes,
    ...healthRoutes(parts.ready),
  ];
  return [...routes, apiDescriptionRoute(routes)];
}
