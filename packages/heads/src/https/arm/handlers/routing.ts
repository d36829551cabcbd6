import type { TrialContext } from "@larimar/domain";
import { tryRoute, tryRoutes } from "@larimar/domain";
import { formatTrial, readRoute, readTrial } from "@larimar/wire";
import type { ArmHandlers, ArmInput } from "../arm-input.ts";
import { hubOf, ok } from "../arm-input.ts";

/** Where a message would go. */
export const routingHandlers: ArmHandlers<"listEndpointHealth" | "testAllRoutes" | "testRoute"> = {
  async testAllRoutes(input) {
    const { body } = input;
    const { routing } = hubOf(input).settings;
    const source = body.routingSource ?? "DeviceMessages";
    const routes = tryRoutes(routing, source, readTrial(body), contextOf(input));
    return ok({ routes: routes.map((properties) => ({ properties })) });
  },

  async testRoute(input) {
    const { body } = input;
    hubOf(input);
    const route = readRoute(body.route, body.route.name ?? "");
    return ok(formatTrial(tryRoute(route, readTrial(body), contextOf(input))));
  },

  /** Nothing is known of endpoints that nothing was sent to. */
  async listEndpointHealth(input) {
    const { endpoints } = hubOf(input).settings.routing;
    return ok({
      value: endpoints.map(({ id }) => ({ endpointId: id, healthStatus: "unknown" })),
    });
  },
};

function contextOf({ administration }: Pick<ArmInput, "administration">): TrialContext {
  return { nowMs: administration.clock.now(), text: administration.text };
}
