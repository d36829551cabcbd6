import type { ServiceResource } from "../../server/admin-client.ts";
import { servicePath } from "../../server/admin-client.ts";
import { serverCommand } from "../../server/server-command.ts";
import { table } from "../../table.ts";

export const dpsList = serverCommand({
  async run({ admin }) {
    const { value } = await admin.call<{ value: ServiceResource[] }>({
      method: "GET",
      path: servicePath(),
    });
    const rows = value.map(({ name, properties }) => [
      name,
      properties.idScope,
      properties.allocationPolicy,
      properties.iotHubs.map((hub) => hub.name).join(", ") || "none",
    ]);
    const text =
      value.length === 0
        ? "There are no provisioning services."
        : table([["SERVICE", "ID SCOPE", "ALLOCATION", "LINKED HUBS"], ...rows]);
    return { text, json: value };
  },
});
