import type { Transfer, TransferRequest } from "@larimar/domain";
import { z } from "zod";
import { configurationsMember } from "../rest/routes/transfer-routes.ts";
import { isAbsent } from "./arm-resource.ts";

const BLOB_NAME_DEFAULT = "devices.txt";

const Common = {
  authenticationType: z.enum(["keyBased", "identityBased"]).nullish(),
  includeConfigurations: z.boolean().nullish(),
  configurationsBlobName: z.string().nullish(),
} as const;

export const ExportDevicesBody = z.object({
  ...Common,
  exportBlobContainerUri: z.string(),
  exportBlobName: z.string().nullish(),
  excludeKeys: z.boolean().nullish(),
});

export const ImportDevicesBody = z.object({
  ...Common,
  inputBlobContainerUri: z.string(),
  inputBlobName: z.string().nullish(),
  outputBlobContainerUri: z.string(),
  outputBlobName: z.string().nullish(),
});

export function readExport(body: z.output<typeof ExportDevicesBody>): TransferRequest {
  return {
    type: "export",
    inputContainerUri: undefined,
    inputBlobName: BLOB_NAME_DEFAULT,
    outputContainerUri: body.exportBlobContainerUri,
    outputBlobName: body.exportBlobName || BLOB_NAME_DEFAULT,
    authentication: body.authenticationType ?? "keyBased",
    excludesKeys: body.excludeKeys ?? false,
    ...configurationsMember(body),
  };
}

export function readImport(body: z.output<typeof ImportDevicesBody>): TransferRequest {
  return {
    type: "import",
    inputContainerUri: body.inputBlobContainerUri,
    inputBlobName: body.inputBlobName || BLOB_NAME_DEFAULT,
    outputContainerUri: body.outputBlobContainerUri,
    outputBlobName: body.outputBlobName || BLOB_NAME_DEFAULT,
    authentication: body.authenticationType ?? "keyBased",
    excludesKeys: false,
    ...configurationsMember(body),
  };
}

/** Its times have a form of their own. (protocol reference: service-facing 7.1) */
export function formatTransfer(transfer: Transfer) {
  const { jobId, type, status, createdAtMs, endedAtMs, failureReason } = transfer;
  return {
    jobId,
    type,
    status,
    startTimeUtc: new Date(createdAtMs).toUTCString(),
    ...(endedAtMs > 0 && { endTimeUtc: new Date(endedAtMs).toUTCString() }),
    ...(!isAbsent(failureReason) && { failureReason }),
  };
}
