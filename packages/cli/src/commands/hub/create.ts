import { UsageError } from "../../command-error.ts";
import { chooseHub, readConnection } from "../../connection/connection-file.ts";
import { OWNER_POLICY } from "../../hub/owner-token.ts";
import type { HubResource } from "../../server/admin-client.ts";
import { hubPath } from "../../server/admin-client.ts";
import { refuseExisting } from "../../server/refuse-existing.ts";
import { serverCommand } from "../../server/server-command.ts";

export const hubCreate = serverCommand({
  positionals: ["NAME"],
  options: {
    partitions: { type: "string", argument: "N", usage: "of its events (default: the server's)" },
    location: { type: "string", argument: "TEXT", usage: "what it says it is (default: local)" },
  },
  async run({ args, admin, directory }) {
    const [name = ""] = args.positionals;
    const partitions = args.text("partitions");
    if (partitions !== undefined && !/^\d{1,3}$/.test(partitions)) {
      throw new UsageError("--partitions must be a whole number.");
    }
    await refuseExisting(admin, "hub", name);
    const hub = await admin.call<HubResource>({
      method: "PUT",
      path: hubPath(name),
      body: {
        location: args.text("location"),
        properties: {
          eventHubEndpoints: partitions && { events: { partitionCount: Number(partitions) } },
        },
      },
    });
    const connection = chooseHub(await readConnection(directory), hub.name);
    const connectionString = connection.connectionStrings[OWNER_POLICY] ?? "";
    const events = connection.events.connectionString;
    return {
      text: `Hub ${hub.name} was created. Its connection strings:\n  ${connectionString}\n  ${events}`,
      json: { hub, connectionString, eventsConnectionString: events },
    };
  },
});
