import { z } from "zod";
import { routeContract } from "./route-contract.ts";

export const PurgeResult = z.object({
  deviceId: z.string(),
  moduleId: z.string().nullable(),
  totalMessagesPurged: z.int(),
});

export const PurgeCommands = routeContract({
  name: "purgeCommands",
  method: "DELETE",
  path: "/devices/{deviceId}/commands",
  caller: { rights: ["ServiceConnect", "RegistryWrite"] },
  errorForm: "A",
  isApiVersionRequired: true,
  success: { status: 200, schema: PurgeResult },
});
