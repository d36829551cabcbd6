import { z } from "zod";
import { DeviceBody, DeviceIdentity } from "../bodies/device-identity.ts";
import { routeContract } from "./route-contract.ts";

const DEVICES_PER_PAGE_MAX = 1000;

export const ListDevices = routeContract({
  name: "listDevices",
  method: "GET",
  path: "/devices",
  caller: { rights: ["RegistryRead"] },
  errorForm: "A",
  isApiVersionRequired: true,
  query: z.object({
    // Missing, out of range or no number at all: all count as the largest page.
    top: z.coerce.number().int().min(1).max(DEVICES_PER_PAGE_MAX).catch(DEVICES_PER_PAGE_MAX),
  }),
  success: { status: 200, schema: z.array(DeviceIdentity) },
});

export const GetDevice = routeContract({
  name: "getDevice",
  method: "GET",
  path: "/devices/{deviceId}",
  caller: { rights: ["RegistryRead"] },
  errorForm: "A",
  isApiVersionRequired: true,
  success: { status: 200, schema: DeviceIdentity },
});

/** Creates without `If-Match`, replaces with it. */
export const PutDevice = routeContract({
  name: "putDevice",
  method: "PUT",
  path: "/devices/{deviceId}",
  caller: { rights: ["RegistryWrite"] },
  errorForm: "A",
  isApiVersionRequired: true,
  isConditional: true,
  body: { schema: DeviceBody, limit: "identityBytesMax" },
  success: { status: 200, schema: DeviceIdentity },
});

export const DeleteDevice = routeContract({
  name: "deleteDevice",
  method: "DELETE",
  path: "/devices/{deviceId}",
  caller: { rights: ["RegistryWrite"] },
  errorForm: "A",
  isApiVersionRequired: true,
  isConditional: true,
  success: { status: 204 },
});

export const GetDeviceStatistics = routeContract({
  name: "getDeviceStatistics",
  method: "GET",
  path: "/statistics/devices",
  caller: { rights: ["RegistryRead"] },
  errorForm: "A",
  isApiVersionRequired: true,
  success: {
    status: 200,
    schema: z.object({
      totalDeviceCount: z.int(),
      enabledDeviceCount: z.int(),
      disabledDeviceCount: z.int(),
    }),
  },
});

export const GetServiceStatistics = routeContract({
  name: "getServiceStatistics",
  method: "GET",
  path: "/statistics/service",
  caller: { rights: ["RegistryRead"] },
  errorForm: "A",
  isApiVersionRequired: true,
  success: { status: 200, schema: z.object({ connectedDeviceCount: z.int() }) },
});
