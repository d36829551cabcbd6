import { UsageError } from "../../command-error.ts";
import { servicePath } from "../../server/admin-client.ts";
import { serverCommand } from "../../server/server-command.ts";

export const dpsDelete = serverCommand({
  positionals: ["NAME"],
  options: { yes: { type: "boolean", usage: "really delete all its enrollments" } },
  async run({ args, admin }) {
    const [name = ""] = args.positionals;
    if (!args.isSet("yes")) {
      throw new UsageError(
        `This deletes every enrollment of service '${name}'; add --yes to do it.`,
      );
    }
    // The server is content when there is nothing to delete; a person has mistyped a name.
    await admin.call({ method: "GET", path: servicePath(name) });
    await admin.call({ method: "DELETE", path: servicePath(name) });
    return { text: `Provisioning service ${name} was deleted.`, json: { name, isDeleted: true } };
  },
});
