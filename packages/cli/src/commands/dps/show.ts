import { servicePath } from "../../server/admin-client.ts";
import { serverCommand } from "../../server/server-command.ts";

export const dpsShow = serverCommand({
  positionals: ["NAME"],
  async run({ args, admin }) {
    const [name = ""] = args.positionals;
    const service = await admin.call({ method: "GET", path: servicePath(name) });
    return { text: JSON.stringify(service, null, 2), json: service };
  },
});
