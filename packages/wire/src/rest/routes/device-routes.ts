import { routeContract } from "./route-contract.ts";

const sending = {
  method: "POST",
  caller: "device",
  errorForm: "A",
  isApiVersionRequired: true,
  body: { limit: "telemetryBytesMax" },
  success: { status: 204 },
} as const;

/** One message, or a batch when the content type says so. (protocol reference: device-facing 5.2) */
export const SendDeviceEvents = routeContract({
  ...sending,
  name: "sendDeviceEvents",
  path: "/devices/{deviceId}/messages/events",
});

export const SendModuleEvents = routeContract({
  ...sending,
  name: "sendModuleEvents",
  path: "/devices/{deviceId}/modules/{moduleId}/messages/events",
});
