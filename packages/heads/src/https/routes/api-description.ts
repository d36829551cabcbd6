import {
  ARM_ROUTES,
  GetApiDescription,
  PROVISIONING_DEVICE_ROUTES,
  PROVISIONING_ROUTES,
  describeApi,
} from "@larimar/wire";
import { type Route, route } from "../operations/route.ts";

/** The description of these routes, of its own, and of everything else the head answers. */
export function apiDescriptionRoute(others: readonly Route[]): Route {
  let document: Buffer | undefined;
  return route(GetApiDescription, () => {
    // Made when somebody asks for the first time: a start has no use for it.
    document ??= Buffer.from(
      JSON.stringify(
        describeApi({
          hub: [...others.map(({ contract }) => contract), GetApiDescription],
          provisioning: Object.values(PROVISIONING_ROUTES),
          provisioningDevices: PROVISIONING_DEVICE_ROUTES,
          administration: ARM_ROUTES,
        }),
      ),
    );
    const headers = { "content-type": "application/json; charset=utf-8" };
    return Promise.resolve({ status: 200, bytes: document, headers });
  });
}
