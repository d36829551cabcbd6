import { z } from "zod";
import { routeContract } from "./route-contract.ts";

/** The process answers. */
export const GetHealth = routeContract({
  name: "getHealth",
  method: "GET",
  path: "/healthz",
  caller: "anyone",
  errorForm: "A",
  isApiVersionRequired: false,
  success: { status: 200, schema: z.object({ status: z.literal("ok") }) },
});

/** The server takes work; 503 before that and while it shuts down. */
export const GetReadiness = routeContract({
  name: "getReadiness",
  method: "GET",
  path: "/readyz",
  caller: "anyone",
  errorForm: "A",
  isApiVersionRequired: false,
  success: { status: 200, schema: z.object({ status: z.literal("ready") }) },
});

/** This API, described for other people's tools. */
export const GetApiDescription = routeContract({
  name: "getApiDescription",
  method: "GET",
  path: "/openapi.json",
  caller: "anyone",
  errorForm: "A",
  isApiVersionRequired: false,
  success: { status: 200, contentType: "application/json" },
});
