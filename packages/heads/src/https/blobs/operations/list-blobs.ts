import { BLOB_ACCOUNT_NAME, formatBlobList } from "@larimar/wire";
import type { Reply } from "../../reply.ts";
import type { BlobRequest } from "../blob-request.ts";
import { includesMetadata, maxResultsOf } from "./list-parameters.ts";

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
    includesMetadata: includesMetadata(request),
    page,
  });
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    payload: Buffer.from(xml),
  };
}
