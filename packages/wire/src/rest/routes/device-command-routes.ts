import { z } from "zod";
import { routeContract } from "./route-contract.ts";

// The body is the command's own, whatever that is.
const received = { status: 200, contentType: "application/octet-stream" } as const;
const common = { caller: "device", errorForm: "A", isApiVersionRequired: true } as const;
const ofDevice = "/devices/{deviceId}/messages/devicebound";
const ofModule = "/devices/{deviceId}/modules/{moduleId}/messages/devicebound";

/** The lock's duration may be asked for here or in a header of the same name. */
const receiving = {
  ...common,
  method: "GET",
  query: z.object({ "iothub-messagelocktimeout": z.string().optional() }),
  success: received,
} as const;

/** One client writes the question mark twice. (protocol reference: device-facing 5.4) */
const settling = {
  ...common,
  method: "DELETE",
  query: z.object({ reject: z.string().optional(), "?reject": z.string().optional() }),
  success: { status: 204 },
} as const;

const abandoning = { ...common, method: "POST", success: { status: 204 } } as const;

/** 204 when nothing waits. */
export const ReceiveDeviceCommand = routeContract({
  ...receiving,
  name: "receiveDeviceCommand",
  path: ofDevice,
});

export const ReceiveModuleCommand = routeContract({
  ...receiving,
  name: "receiveModuleCommand",
  path: ofModule,
});

/** Completes, or rejects when the query says so. */
export const SettleDeviceCommand = routeContract({
  ...settling,
  name: "settleDeviceCommand",
  path: `${ofDevice}/{lockToken}`,
});

export const SettleModuleCommand = routeContract({
  ...settling,
  name: "settleModuleCommand",
  path: `${ofModule}/{lockToken}`,
});

export const AbandonDeviceCommand = routeContract({
  ...abandoning,
  name: "abandonDeviceCommand",
  path: `${ofDevice}/{lockToken}/abandon`,
});

export const AbandonModuleCommand = routeContract({
  ...abandoning,
  name: "abandonModuleCommand",
  path: `${ofModule}/{lockToken}/abandon`,
});
