import { CommandError } from "../../command-error.ts";
import { chooseService } from "../../connection/connection-file.ts";
import type { ServiceResource } from "../../server/admin-client.ts";
import { servicePath } from "../../server/admin-client.ts";
import { DPS_OPTION } from "../../connection/options.ts";
import { serverCommand } from "../../server/server-command.ts";

export const dpsUnlink = serverCommand({
  positionals: ["HUB"],
  options: { dps: DPS_OPTION },
  async run({ args, admin, connection }) {
    const [wanted = ""] = args.positionals;
    // By its name when it is one of this server, else by its host name.
    const own = connection.hubs.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
    const hostName = (own?.hostName ?? wanted).toLowerCase();
    const path = servicePath(chooseService(connection, args.text("dps")).name);
    const before = await admin.call<ServiceResource>({ method: "GET", path });
    const { iotHubs } = before.properties;
    const left = iotHubs.filter(({ name }) => name?.toLowerCase() !== hostName);
    if (left.length === iotHubs.length) {
      const names = iotHubs.map(({ name }) => name).join(", ") || "none";
      throw new CommandError(`'${wanted}' is not linked; linked hubs: ${names}.`);
    }
    const service = await admin.call<ServiceResource>({
      method: "PUT",
      path,
      body: { properties: { iotHubs: left } },
      ifMatch: before.etag,
    });
    return { text: `${hostName} gets no more devices from ${service.name}.`, json: service };
  },
});
