import { z } from "zod";
import { FEEDBACK_CONTENT_TYPE } from "../../notifications/feedback-body.ts";
import { routeContract } from "./route-contract.ts";

const common = {
  caller: { rights: ["ServiceConnect"] },
  errorForm: "A",
  isApiVersionRequired: true,
} as const;
const feedback = "/messages/serviceBound/feedback";

/** The device's own requests on this path are answered by other routes. (protocol reference: service-facing 2.17) */
export const SendCommand = routeContract({
  ...common,
  name: "sendCommand",
  method: "POST",
  path: "/devices/{deviceId}/messages/devicebound",
  body: { limit: "telemetryBytesMax" },
  success: { status: 204 },
});

/** One batch of records, its lock token in the ETag; 204 when there is none. */
export const ReceiveFeedback = routeContract({
  ...common,
  name: "receiveFeedback",
  method: "GET",
  path: feedback,
  success: { status: 200, contentType: FEEDBACK_CONTENT_TYPE },
});

export const CompleteFeedback = routeContract({
  ...common,
  name: "completeFeedback",
  method: "DELETE",
  path: `${feedback}/{lockToken}`,
  success: { status: 204 },
});

export const AbandonFeedback = routeContract({
  ...common,
  name: "abandonFeedback",
  method: "POST",
  path: `${feedback}/{lockToken}/abandon`,
  success: { status: 204 },
});

export const PurgeResult = z.object({
  deviceId: z.string(),
  moduleId: z.string().nullable(),
  totalMessagesPurged: z.int(),
});

export const PurgeCommands = routeContract({
  ...common,
  name: "purgeCommands",
  method: "DELETE",
  path: "/devices/{deviceId}/commands",
  caller: { rights: ["ServiceConnect", "RegistryWrite"] },
  success: { status: 200, schema: PurgeResult },
});
