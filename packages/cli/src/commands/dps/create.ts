import { UsageError } from "../../command-error.ts";
import { chooseService, readConnection } from "../../connection/connection-file.ts";
import type { ServiceResource } from "../../server/admin-client.ts";
import { servicePath } from "../../server/admin-client.ts";
import { refuseExisting } from "../../server/refuse-existing.ts";
import { serverCommand } from "../../server/server-command.ts";

const POLICIES = ["Hashed", "GeoLatency", "Static"];

export const dpsCreate = serverCommand({
  positionals: ["NAME"],
  options: {
    allocation: {
      type: "string",
      argument: "hashed|geoLatency|static",
      usage: "how devices are spread (default: hashed)",
    },
  },
  async run({ args, admin, directory }) {
    const [name = ""] = args.positionals;
    const wanted = args.text("allocation");
    const allocationPolicy = POLICIES.find((one) => one.toLowerCase() === wanted?.toLowerCase());
    if (wanted !== undefined && allocationPolicy === undefined) {
      throw new UsageError("--allocation must be hashed, geoLatency or static.");
    }
    await refuseExisting(admin, "provisioning service", name);
    const service = await admin.call<ServiceResource>({
      method: "PUT",
      path: servicePath(name),
      body: { properties: { allocationPolicy } },
    });
    const connection = chooseService(await readConnection(directory), service.name);
    const { idScope, hostName, connectionString } = connection;
    return {
      text: [
        `Provisioning service ${service.name} was created, without linked hubs.`,
        `  Devices, host and id scope: ${hostName} ${idScope}`,
        `  Service SDKs: ${connectionString}`,
        `  Next: larimar dps link HUB --dps ${service.name}`,
      ].join("\n"),
      json: { service, idScope, connectionString },
    };
  },
});
