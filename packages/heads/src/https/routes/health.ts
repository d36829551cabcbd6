import { HubError } from "@larimar/domain";
import { GetHealth, GetReadiness } from "@larimar/wire";
import { type Route, route } from "../operations/route.ts";

export function healthRoutes(isReady: () => boolean): Route[] {
  return [
    route(GetHealth, () => Promise.resolve({ status: 200, body: { status: "ok" } })),

    route(GetReadiness, () => {
      if (!isReady()) throw new HubError("Busy", "The server is not ready");
      return Promise.resolve({ status: 200, body: { status: "ready" } });
    }),
  ];
}
