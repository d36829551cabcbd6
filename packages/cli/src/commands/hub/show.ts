import { hubPath } from "../../server/admin-client.ts";
import { serverCommand } from "../../server/server-command.ts";

export const hubShow = serverCommand({
  positionals: ["NAME"],
  async run({ args, admin }) {
    const [name = ""] = args.positionals;
    const hub = await admin.call({ method: "GET", path: hubPath(name) });
    return { text: JSON.stringify(hub, null, 2), json: hub };
  },
});
