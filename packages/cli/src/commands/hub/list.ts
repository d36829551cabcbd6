import type { HubResource } from "../../server/admin-client.ts";
import { hubPath } from "../../server/admin-client.ts";
import { serverCommand } from "../../server/server-command.ts";
import { table } from "../../table.ts";

export const hubList = serverCommand({
  async run({ admin }) {
    const { value } = await admin.call<{ value: HubResource[] }>({
      method: "GET",
      path: hubPath(),
    });
    const rows = value.map(({ name, location, sku, properties }) => [
      name,
      properties.hostName,
      String(properties.eventHubEndpoints.events.partitionCount),
      sku.name,
      location,
    ]);
    const text =
      value.length === 0
        ? "There are no hubs."
        : table([["HUB", "HOST NAME", "PARTITIONS", "TIER", "LOCATION"], ...rows]);
    return { text, json: value };
  },
});
