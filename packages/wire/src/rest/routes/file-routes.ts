import type { UploadResult } from "@larimar/domain";
import { z } from "zod";
import { routeContract } from "./route-contract.ts";

export const BeginUploadBody = z.object({ blobName: z.string() });

/** Clients put host, container, blob and token together to a URL, and take nothing apart. */
export const UploadDestinationBody = z.object({
  correlationId: z.string(),
  hostName: z.string(),
  containerName: z.string(),
  blobName: z.string(),
  sasToken: z.string(),
});

/**
 * What devices say of a finished upload. One SDK names it in the path, the others in the body; one sends
 * nulls. (protocol reference: device-facing 6.1)
 */
export const UploadResultBody = z.object({
  correlationId: z.string().nullish(),
  isSuccess: z.boolean(),
  statusCode: z.number().nullish(),
  statusDescription: z.string().nullish(),
});

export function toUploadResult(body: z.output<typeof UploadResultBody>): UploadResult {
  return {
    isSuccess: body.isSuccess,
    statusCode: body.statusCode ?? undefined,
    statusDescription: body.statusDescription ?? undefined,
  };
}

const beginning = {
  method: "POST",
  caller: "device",
  errorForm: "A",
  isApiVersionRequired: true,
  body: { schema: BeginUploadBody, limit: "fileUploadBytesMax" },
  success: { status: 200, schema: UploadDestinationBody },
} as const;

export const BeginFileUpload = routeContract({
  ...beginning,
  name: "beginFileUpload",
  path: "/devices/{deviceId}/files",
});

export const BeginModuleFileUpload = routeContract({
  ...beginning,
  name: "beginModuleFileUpload",
  path: "/devices/{deviceId}/modules/{moduleId}/files",
});

const finishing = {
  method: "POST",
  caller: "device",
  errorForm: "A",
  isApiVersionRequired: true,
  // Judged by its handler: a bad one has an error number of its own.
  body: { limit: "fileUploadBytesMax" },
  success: { status: 204 },
} as const;

export const FinishFileUpload = routeContract({
  ...finishing,
  name: "finishFileUpload",
  path: "/devices/{deviceId}/files/notifications",
});

export const FinishNamedFileUpload = routeContract({
  ...finishing,
  name: "finishNamedFileUpload",
  path: "/devices/{deviceId}/files/notifications/{correlationId}",
});

export const FinishModuleFileUpload = routeContract({
  ...finishing,
  name: "finishModuleFileUpload",
  path: "/devices/{deviceId}/modules/{moduleId}/files/notifications",
});

export const FinishNamedModuleFileUpload = routeContract({
  ...finishing,
  name: "finishNamedModuleFileUpload",
  path: "/devices/{deviceId}/modules/{moduleId}/files/notifications/{correlationId}",
});
