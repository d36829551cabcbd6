import { UsageError } from "../../command-error.ts";
import { hubPath } from "../../server/admin-client.ts";
import { serverCommand } from "../../server/server-command.ts";

export const hubDelete = serverCommand({
  positionals: ["NAME"],
  options: {
    yes: { type: "boolean", usage: "really delete all its devices and events" },
  },
  async run({ args, admin }) {
    const [name = ""] = args.positionals;
    if (!args.isSet("yes")) {
      throw new UsageError(
        `This deletes every device and event of hub '${name}'; add --yes to do it.`,
      );
    }
    // The server is content when there is nothing to delete; a person has mistyped a name.
    await admin.call({ method: "GET", path: hubPath(name) });
    await admin.call({ method: "DELETE", path: hubPath(name) });
    return { text: `Hub ${name} was deleted.`, json: { name, isDeleted: true } };
  },
});
