import { PurgeCommands } from "@larimar/wire";
import { route } from "../route.ts";

export const commandRoutes = [
  route(PurgeCommands, async ({ hub, params }) => {
    const totalMessagesPurged = await hub.commands.purge(params);
    return {
      status: 200,
      body: { deviceId: params.deviceId, moduleId: null, totalMessagesPurged },
    };
  }),
];
