import { z } from "zod";
import { ModuleBody, ModuleIdentity } from "../bodies/module-identity.ts";
import { routeContract } from "./route-contract.ts";

const reading = {
  caller: { rights: ["RegistryRead"] },
  errorForm: "A",
  isApiVersionRequired: true,
} as const;
const writing = { ...reading, caller: { rights: ["RegistryWrite"] }, isConditional: true } as const;
const path = "/devices/{deviceId}/modules/{moduleId}";

export const ListModules = routeContract({
  ...reading,
  name: "listModules",
  method: "GET",
  path: "/devices/{deviceId}/modules",
  success: { status: 200, schema: z.array(ModuleIdentity) },
});

export const GetModule = routeContract({
  ...reading,
  name: "getModule",
  method: "GET",
  path,
  success: { status: 200, schema: ModuleIdentity },
});

/** Creates without `If-Match`, replaces with it. */
export const PutModule = routeContract({
  ...writing,
  name: "putModule",
  method: "PUT",
  path,
  body: { schema: ModuleBody, limit: "identityBytesMax" },
  success: { status: 200, schema: ModuleIdentity },
});

export const DeleteModule = routeContract({
  ...writing,
  name: "deleteModule",
  method: "DELETE",
  path,
  success: { status: 204 },
});
