import { BLOB_ACCOUNT_NAME, formatBlobList, formatHttpDate } from "@larimar/wire";
import type { Reply } from "../../reply.ts";
import type { BlobRequest } from "../blob-request.ts";
import { BlobRequestError } from "../blob-request-error.ts";

/** List Blobs. */
export async function listBlobs(request: BlobRequest): Promise<Reply> {
  const containerName = request.authorizeContainer("list");
  const { query } = request;
  const prefix = query.get("prefix") ?? "";
  const marker = query.get("marker") ?? "";
  const delimiter = query.get("delimiter") || undefined;
  const maxResults = maxResultsOf(query.get("maxresults"));
  const page = await request.hub.blobs.list(containerName, {
    prefix,
    marker,
    delimiter,
    entriesMax: maxResults ?? Infinity,
  });
  const xml = formatBlobList({
    serviceEndpoint: `https://${request.host}/${BLOB_ACCOUNT_NAME}/`,
    containerName,
    prefix,
    marker,
    delimiter,
    maxResults,
    includesMetadata: (query.get("include") ?? "").toLowerCase().split(",").includes("metadata"),
    page,
  });
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    payload: Buffer.from(xml),
  };
}

/** Get Container Properties: a container is there as long as its hub. */
export async function describeContainer(request: BlobRequest): Promise<Reply> {
  const containerName = request.authorizeContainer("list");
  await request.hub.blobs.requireContainer(containerName);
  const { createdAtMs } = request.hub.settings;
  return {
    status: 200,
    headers: {
      etag: `"0x${createdAtMs.toString(16).toUpperCase()}"`,
      "last-modified": formatHttpDate(createdAtMs),
      "x-ms-lease-state": "available",
      "x-ms-lease-status": "unlocked",
      "x-ms-has-immutability-policy": "false",
      "x-ms-has-legal-hold": "false",
    },
    payload: Buffer.alloc(0),
  };
}

function maxResultsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(text)) {
    throw new BlobRequestError("InvalidQueryParameterValue", "maxresults is not a number.");
  }
  if (Number(text) >= 1) return Number(text);
  throw new BlobRequestError("OutOfRangeQueryParameterValue", "maxresults must be at least 1.");
}
