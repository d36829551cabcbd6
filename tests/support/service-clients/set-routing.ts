import type { ArmClient } from "./arm-client.ts";

export interface RouteSetting {
  readonly name: string;
  readonly source: string;
  readonly condition: string;
}

/** Routes of the hub `local` to its built-in endpoint, and what else belongs to its routing. */
export async function setRouting(
  arm: ArmClient,
  routes: readonly RouteSetting[],
  others: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const toEvents = { endpointNames: ["events"], isEnabled: true };
  await arm.call("iothub.iotHubResource.beginCreateOrUpdateAndWait", "larimar", "local", {
    location: "local",
    sku: { name: "S1", capacity: 1 },
    properties: {
      routing: { routes: routes.map((route) => ({ ...route, ...toEvents })), ...others },
    },
  });
}
