import { CommandError } from "../../command-error.ts";
import { hubCommand } from "../../hub/hub-command.ts";
import { OWNER_POLICY } from "../../hub/owner-token.ts";

export const hubConnectionString = hubCommand({
  options: {
    policy: { type: "string", argument: "NAME", usage: `another policy than ${OWNER_POLICY}` },
    events: { type: "boolean", usage: "for Event Hubs clients" },
  },
  async run({ args, hub }) {
    const policy = args.text("policy") ?? OWNER_POLICY;
    const connectionString = args.isSet("events")
      ? hub.events.connectionString
      : hub.connectionStrings[policy];
    if (connectionString === undefined) {
      const names = Object.keys(hub.connectionStrings).join(", ");
      throw new CommandError(`Hub '${hub.name}' has no policy '${policy}'; it has: ${names}.`);
    }
    return { text: connectionString, json: { connectionString } };
  },
});
