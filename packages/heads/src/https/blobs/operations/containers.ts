import type { StoredContainer } from "@larimar/domain";
import {
  BLOB_ACCOUNT_NAME,
  formatContainerList,
  formatHttpDate,
  metadataHeaders,
} from "@larimar/wire";
import type { Reply } from "../../reply.ts";
import type { BlobRequest } from "../blob-request.ts";
import { BlobRequestError } from "../blob-request-error.ts";
import { includesMetadata, maxResultsOf } from "./list-parameters.ts";
import { metadataOf } from "./read-write.ts";

const CONDITIONS = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

/** Create Container. */
export async function createContainer(request: BlobRequest): Promise<Reply> {
  const containerName = request.authorizeContainer("manage");
  const container = await request.hub.blobs.createContainer(containerName, metadataOf(request));
  return { status: 201, headers: versionOf(container), payload: Buffer.alloc(0) };
}

/** Delete Container: at once, and nothing of it is kept. */
export async function deleteContainer(request: BlobRequest): Promise<Reply> {
  const containerName = request.authorizeContainer("manage");
  const condition = CONDITIONS.find((name) => request.header(name) !== undefined);
  if (condition !== undefined) {
    throw new BlobRequestError("UnsupportedHeader", `'${condition}' is not supported here.`);
  }
  await request.hub.blobs.deleteContainer(containerName);
  return { status: 202, headers: {}, payload: Buffer.alloc(0) };
}

/** Get Container Properties. */
export async function describeContainer(request: BlobRequest): Promise<Reply> {
  const containerName = request.authorizeContainer("list");
  const container = await request.hub.blobs.requireContainer(containerName);
  return {
    status: 200,
    headers: {
      ...versionOf(container),
      ...metadataHeaders(container.metadata),
      "x-ms-lease-state": "available",
      "x-ms-lease-status": "unlocked",
      "x-ms-has-immutability-policy": "false",
      "x-ms-has-legal-hold": "false",
    },
    payload: Buffer.alloc(0),
  };
}

/** List Containers. */
export async function listContainers(request: BlobRequest): Promise<Reply> {
  request.authorizeAccount();
  const { query } = request;
  const prefix = query.get("prefix") ?? "";
  const marker = query.get("marker") ?? "";
  const maxResults = maxResultsOf(query.get("maxresults"));
  const entriesMax = maxResults ?? Infinity;
  const page = await request.hub.blobs.listContainers({ prefix, marker, entriesMax });
  const xml = formatContainerList({
    serviceEndpoint: `https://${request.host}/${BLOB_ACCOUNT_NAME}/`,
    prefix,
    marker,
    maxResults,
    includesMetadata: includesMetadata(request),
    ...page,
  });
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    payload: Buffer.from(xml),
  };
}

function versionOf({ etag, createdAtMs }: StoredContainer): Record<string, string> {
  return { etag: `"${etag}"`, "last-modified": formatHttpDate(createdAtMs) };
}
