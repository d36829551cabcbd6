import { z } from "zod";
import { AnyJson } from "../json-schema.ts";
import { routeContract } from "./route-contract.ts";

export const RESPONSE_TIMEOUT_SECONDS = { min: 5, max: 300, default: 30 };
export const CONNECT_TIMEOUT_SECONDS = { min: 0, max: 300, default: 0 };

/** (protocol reference: service-facing 2.12) */
export const MethodBody = z.object({
  methodName: z.string(),
  payload: AnyJson.optional(),
  responseTimeoutInSeconds: seconds(RESPONSE_TIMEOUT_SECONDS),
  connectTimeoutInSeconds: seconds(CONNECT_TIMEOUT_SECONDS),
});

export const MethodResult = z.object({ status: z.int(), payload: AnyJson });

const common = {
  method: "POST",
  caller: { rights: ["ServiceConnect"] },
  errorForm: "B",
  isApiVersionRequired: false,
  body: { schema: MethodBody, limit: "methodBytesMax" },
  success: { status: 200, schema: MethodResult },
} as const;

export const InvokeDeviceMethod = routeContract({
  ...common,
  name: "invokeDeviceMethod",
  path: "/twins/{deviceId}/methods",
});

export const InvokeModuleMethod = routeContract({
  ...common,
  name: "invokeModuleMethod",
  path: "/twins/{deviceId}/modules/{moduleId}/methods",
});

/** Null is how some clients say that they leave it to the server. */
function seconds(range: { min: number; max: number; default: number }) {
  return z
    .number()
    .min(range.min)
    .max(range.max)
    .nullish()
    .transform((value) => value ?? range.default);
}
