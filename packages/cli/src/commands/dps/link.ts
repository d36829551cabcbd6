import { UsageError } from "../../command-error.ts";
import { chooseHub, chooseService } from "../../connection/connection-file.ts";
import { OWNER_POLICY } from "../../hub/owner-token.ts";
import type { LinkedHub, ServiceResource } from "../../server/admin-client.ts";
import { servicePath } from "../../server/admin-client.ts";
import { DPS_OPTION } from "../../connection/options.ts";
import { serverCommand } from "../../server/server-command.ts";

export const dpsLink = serverCommand({
  positionals: ["HUB"],
  options: {
    weight: { type: "string", argument: "N", usage: "its share of hashed devices (default: 1)" },
    "no-allocation": {
      type: "boolean",
      usage: "only for enrollments that name it",
    },
    location: { type: "string", argument: "TEXT", usage: "where it is" },
    dps: DPS_OPTION,
  },
  async run({ args, admin, connection }) {
    const [hub = ""] = args.positionals;
    const weight = args.text("weight");
    if (weight !== undefined && !/^\d{1,4}$/.test(weight)) {
      throw new UsageError("--weight must be a whole number.");
    }
    // A hub of this server by its name, any other one by its connection string.
    const connectionString = hub.includes("=")
      ? hub
      : (chooseHub(connection, hub).connectionStrings[OWNER_POLICY] ?? "");
    const path = servicePath(chooseService(connection, args.text("dps")).name);
    const before = await admin.call<ServiceResource>({ method: "GET", path });
    const location = args.text("location");
    const link: LinkedHub = {
      connectionString,
      ...(location !== undefined && { location }),
      ...(weight !== undefined && { allocationWeight: Number(weight) }),
      applyAllocationPolicy: !args.isSet("no-allocation"),
    };
    const body = { properties: { iotHubs: [...before.properties.iotHubs, link] } };
    const service = await admin.call<ServiceResource>({
      method: "PUT",
      path,
      body,
      ifMatch: before.etag,
    });
    const names = service.properties.iotHubs.map(({ name }) => name).join(", ");
    return {
      text: `Provisioning service ${service.name} gives devices to: ${names}.`,
      json: service,
    };
  },
});
