import { routeContract } from "./route-contract.ts";
import { TwinBody, TwinPatchBody } from "../bodies/twin-body.ts";

const common = {
  caller: { rights: ["ServiceConnect"] },
  errorForm: "B",
  isApiVersionRequired: true,
  success: { status: 200, schema: TwinBody },
} as const;
const change = {
  ...common,
  isConditional: true,
  body: { schema: TwinPatchBody, limit: "twinBytesMax" },
} as const;
const ofDevice = { path: "/twins/{deviceId}" } as const;
const ofModule = { path: "/twins/{deviceId}/modules/{moduleId}" } as const;

export const GetDeviceTwin = routeContract({
  ...common,
  ...ofDevice,
  name: "getDeviceTwin",
  method: "GET",
});

/** Merges; a key set to null goes. */
export const PatchDeviceTwin = routeContract({
  ...change,
  ...ofDevice,
  name: "patchDeviceTwin",
  method: "PATCH",
});

/** Replaces tags and desired properties as a whole. */
export const PutDeviceTwin = routeContract({
  ...change,
  ...ofDevice,
  name: "putDeviceTwin",
  method: "PUT",
});

export const GetModuleTwin = routeContract({
  ...common,
  ...ofModule,
  name: "getModuleTwin",
  method: "GET",
});

export const PatchModuleTwin = routeContract({
  ...change,
  ...ofModule,
  name: "patchModuleTwin",
  method: "PATCH",
});

export const PutModuleTwin = routeContract({
  ...change,
  ...ofModule,
  name: "putModuleTwin",
  method: "PUT",
});
