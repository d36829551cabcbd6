import { GetDeviceStatistics, GetServiceStatistics } from "@larimar/wire";
import { route } from "../../operations/route.ts";

export const statisticsRoutes = [
  route(GetDeviceStatistics, async ({ hub }) => {
    const { total, enabled } = await hub.devices.statistics();
    return {
      status: 200,
      body: {
        totalDeviceCount: total,
        enabledDeviceCount: enabled,
        disabledDeviceCount: total - enabled,
      },
    };
  }),

  route(GetServiceStatistics, async ({ hub }) => {
    const { connected } = await hub.devices.statistics();
    return { status: 200, body: { connectedDeviceCount: connected } };
  }),
];
