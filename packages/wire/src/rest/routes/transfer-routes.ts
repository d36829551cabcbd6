import type { Transfer, TransferRequest } from "@larimar/domain";
import { z } from "zod";
import { routeContract } from "./route-contract.ts";
import { formatTimestamp } from "../timestamps.ts";

const TYPES = ["export", "import"] as const;
const AUTHENTICATION_TYPES = ["keyBased", "identityBased"] as const;
const STATUSES = ["enqueued", "running", "completed", "failed", "cancelled"] as const;

const BLOB_NAME_DEFAULT = "devices.txt";
const CONFIGURATIONS_BLOB_NAME_DEFAULT = "configurations.txt";

/** (protocol reference: service-facing 2.10) */
export const TransferBody = z.object({
  type: z.enum(TYPES),
  inputBlobContainerUri: z.string().nullish(),
  inputBlobName: z.string().nullish(),
  outputBlobContainerUri: z.string(),
  outputBlobName: z.string().nullish(),
  excludeKeysInExport: z.boolean().nullish(),
  storageAuthenticationType: z.enum(AUTHENTICATION_TYPES).nullish(),
  includeConfigurations: z.boolean().nullish(),
  configurationsBlobName: z.string().nullish(),
});

export const TransferResponse = z.object({
  jobId: z.string(),
  type: z.enum(TYPES),
  status: z.enum(STATUSES),
  progress: z.int(),
  startTimeUtc: z.iso.datetime(),
  endTimeUtc: z.iso.datetime().optional(),
  failureReason: z.string().optional(),
  excludeKeysInExport: z.boolean(),
  storageAuthenticationType: z.enum(AUTHENTICATION_TYPES),
  inputBlobContainerUri: z.string().optional(),
  inputBlobName: z.string().optional(),
  outputBlobContainerUri: z.string(),
  outputBlobName: z.string(),
  includeConfigurations: z.boolean().optional(),
  configurationsBlobName: z.string().optional(),
});

const common = { errorForm: "A", isApiVersionRequired: true } as const;

export const BeginTransfer = routeContract({
  ...common,
  name: "beginTransfer",
  method: "POST",
  path: "/jobs/create",
  caller: { rights: ["RegistryWrite"] },
  body: { schema: TransferBody, limit: "identityBytesMax" },
  success: { status: 200, schema: TransferResponse },
});

export const ListTransfers = routeContract({
  ...common,
  name: "listTransfers",
  method: "GET",
  path: "/jobs",
  caller: { rights: ["RegistryRead"] },
  success: { status: 200, schema: z.array(TransferResponse) },
});

export const GetTransfer = routeContract({
  ...common,
  name: "getTransfer",
  method: "GET",
  path: "/jobs/{jobId}",
  caller: { rights: ["RegistryRead"] },
  success: { status: 200, schema: TransferResponse },
});

export const CancelTransfer = routeContract({
  ...common,
  name: "cancelTransfer",
  method: "DELETE",
  path: "/jobs/{jobId}",
  caller: { rights: ["RegistryWrite"] },
  success: { status: 204 },
});

export function toTransferRequest(body: z.output<typeof TransferBody>): TransferRequest {
  return {
    type: body.type,
    inputContainerUri: body.inputBlobContainerUri ?? undefined,
    inputBlobName: body.inputBlobName || BLOB_NAME_DEFAULT,
    outputContainerUri: body.outputBlobContainerUri,
    outputBlobName: body.outputBlobName || BLOB_NAME_DEFAULT,
    authentication: body.storageAuthenticationType ?? "keyBased",
    excludesKeys: body.excludeKeysInExport ?? false,
    ...configurationsMember(body),
  };
}

export function toTransferResponse(transfer: Transfer): z.output<typeof TransferResponse> {
  const { inputContainerUri, endedAtMs, failureReason, configurationsBlobName } = transfer;
  return {
    jobId: transfer.jobId,
    type: transfer.type,
    status: transfer.status,
    progress: transfer.progress,
    startTimeUtc: formatTimestamp(transfer.createdAtMs),
    ...(endedAtMs > 0 && { endTimeUtc: formatTimestamp(endedAtMs) }),
    ...(failureReason !== undefined && { failureReason }),
    excludeKeysInExport: transfer.excludesKeys,
    storageAuthenticationType: transfer.authentication,
    ...(inputContainerUri !== undefined && {
      inputBlobContainerUri: inputContainerUri,
      inputBlobName: transfer.inputBlobName,
    }),
    outputBlobContainerUri: transfer.outputContainerUri,
    outputBlobName: transfer.outputBlobName,
    ...(configurationsBlobName !== undefined && {
      includeConfigurations: true,
      configurationsBlobName,
    }),
  };
}

/** They stay where they are unless they are asked for, whatever blob is named. */
export function configurationsMember(body: {
  readonly includeConfigurations?: boolean | null | undefined;
  readonly configurationsBlobName?: string | null | undefined;
}): Pick<TransferRequest, "configurationsBlobName"> {
  if (body.includeConfigurations !== true) return {};
  return {
    configurationsBlobName: body.configurationsBlobName || CONFIGURATIONS_BLOB_NAME_DEFAULT,
  };
}
