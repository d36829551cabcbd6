import { BulkBody, BulkResult, RotationBody, RotationResult } from "../bodies/bulk-body.ts";
import { routeContract } from "./route-contract.ts";

const common = {
  method: "POST",
  caller: { rights: ["RegistryWrite"] },
  errorForm: "A",
  isApiVersionRequired: true,
} as const;

/** The result comes with 400 and a header of its own when an item was refused. */
export const ChangeDevices = routeContract({
  ...common,
  name: "changeDevices",
  path: "/devices",
  body: { schema: BulkBody, limit: "bulkBytesMax" },
  success: { status: 200, schema: BulkResult },
});

/** The result comes with 207 when some keys stayed, with 400 when all did. */
export const RotateKeys = routeContract({
  ...common,
  name: "rotateKeys",
  path: "/devices/keys/regenerate",
  body: { schema: RotationBody, limit: "identityBytesMax" },
  success: { status: 200, schema: RotationResult },
});
