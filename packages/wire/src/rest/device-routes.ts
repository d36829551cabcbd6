import { routeContract } from "./route-contract.ts";

/** One message, or a batch when the content type says so. (protocol reference: device-facing 5.2) */
export const SendDeviceEvents = routeContract({
  name: "sendDeviceEvents",
  method: "POST",
  path: "/devices/{deviceId}/messages/events",
  caller: "device",
  errorForm: "A",
  isApiVersionRequired: true,
  body: { limit: "telemetryBytesMax" },
  success: { status: 204 },
});
