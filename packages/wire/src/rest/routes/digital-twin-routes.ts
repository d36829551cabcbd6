import type { DigitalTwinOperation } from "@larimar/domain";
import { z } from "zod";
import { AnyJson, AnyJsonObject } from "../json-schema.ts";
import { CONNECT_TIMEOUT_SECONDS, RESPONSE_TIMEOUT_SECONDS } from "./method-routes.ts";
import { routeContract } from "./route-contract.ts";

const common = {
  caller: { rights: ["ServiceConnect"] },
  errorForm: "B",
  isApiVersionRequired: true,
} as const;

export const GetDigitalTwin = routeContract({
  ...common,
  name: "getDigitalTwin",
  method: "GET",
  path: "/digitaltwins/{deviceId}",
  success: { status: 200, schema: AnyJsonObject },
});

/** A JSON Patch; what is wrong with its steps has errors of its own. */
export const DigitalTwinPatchBody = z.array(
  z.object({ op: z.string(), path: z.string(), value: AnyJson.optional() }),
);

export const PatchDigitalTwin = routeContract({
  ...common,
  name: "patchDigitalTwin",
  method: "PATCH",
  path: "/digitaltwins/{deviceId}",
  isConditional: true,
  body: { schema: DigitalTwinPatchBody, limit: "twinBytesMax" },
  // Clients take no other status than this one for done. (protocol reference: service-facing 2.1)
  success: { status: 202 },
});

const command = {
  ...common,
  method: "POST",
  query: z.object({
    connectTimeoutInSeconds: seconds(CONNECT_TIMEOUT_SECONDS),
    responseTimeoutInSeconds: seconds(RESPONSE_TIMEOUT_SECONDS),
  }),
  // The payload as it is, whatever JSON that may be, or nothing.
  body: { limit: "methodBytesMax" },
  success: { status: 200, schema: AnyJson },
} as const;

export const InvokeCommand = routeContract({
  ...command,
  name: "invokeCommand",
  path: "/digitaltwins/{deviceId}/commands/{commandName}",
});

export const InvokeComponentCommand = routeContract({
  ...command,
  name: "invokeComponentCommand",
  path: "/digitaltwins/{deviceId}/components/{componentPath}/commands/{commandName}",
});

/** What the device says about a command; the HTTP status says only that it was asked. */
export const COMMAND_STATUS_HEADER = "x-ms-command-statuscode";

const OPERATIONS = ["add", "replace", "remove"] as const;

/** Undefined when a step is none that digital twins know. */
export function toDigitalTwinOperations(
  body: z.output<typeof DigitalTwinPatchBody>,
): readonly DigitalTwinOperation[] | undefined {
  const operations = body.map(({ op, path, value }) => {
    const known = OPERATIONS.find((word) => word === op);
    return known && { op: known, path, value };
  });
  return operations.every((operation) => operation !== undefined) ? operations : undefined;
}

function seconds(range: { min: number; max: number; default: number }) {
  return z.coerce.number().min(range.min).max(range.max).default(range.default);
}
