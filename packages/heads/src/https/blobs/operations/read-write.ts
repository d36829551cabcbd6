import type { BlobConditions, WriteBlob } from "@larimar/domain";
import { readBlobConditions, readBlobHeaders, readMetadata } from "@larimar/wire";
import { pairsOf } from "../../header-text.ts";
import { type BlobRequest, judge } from "../blob-request.ts";
import { BlobRequestError } from "../blob-request-error.ts";

export function conditionsOf(request: BlobRequest): BlobConditions {
  return judge(readBlobConditions(request.header), (problem) => {
    throw new BlobRequestError("InvalidHeaderValue", problem);
  });
}

export function metadataOf(request: BlobRequest): ReadonlyMap<string, string> {
  return judge(readMetadata(pairsOf(request.rawHeaders)), (problem) => {
    throw new BlobRequestError("InvalidMetadata", problem);
  });
}

/** Everything about a write except its content. */
export function writeOf(request: BlobRequest, { isWhole }: { isWhole: boolean }): WriteBlob {
  const grant = request.authorizeBlob("write", "create");
  request.md5("x-ms-blob-content-md5");
  return {
    address: grant.resource,
    headers: readBlobHeaders(request.header, { isWhole }),
    metadata: metadataOf(request),
    conditions: conditionsOf(request),
    mayReplace: grant.permissions.includes("write"),
  };
}
