import type { Reply } from "../reply.ts";
import type { BlobRequest } from "./blob-request.ts";
import { BlobRequestError } from "./blob-request-error.ts";
import {
  createContainer,
  deleteContainer,
  describeContainer,
  listContainers,
} from "./operations/containers.ts";
import { deleteBlob } from "./operations/delete-blob.ts";
import { describeBlob, readBlob } from "./operations/read-blob.ts";
import { listBlobs } from "./operations/list-blobs.ts";
import { putBlob } from "./operations/put-blob.ts";
import { putBlock } from "./operations/put-block.ts";
import { putBlockList } from "./operations/put-block-list.ts";
import { setMetadata } from "./operations/set-metadata.ts";

type Perform = (request: BlobRequest) => Promise<Reply>;

/** By what the path names, the words of the query that choose an operation, and the method. */
const OPERATIONS: Readonly<Record<string, Readonly<Record<string, Perform>>>> = {
  blob: { PUT: putBlob, GET: readBlob, HEAD: describeBlob, DELETE: deleteBlob },
  "blob comp=block": { PUT: putBlock },
  "blob comp=blocklist": { PUT: putBlockList },
  "blob comp=metadata": { PUT: setMetadata },
  "account comp=list": { GET: listContainers },
  "container restype=container": {
    GET: describeContainer,
    HEAD: describeContainer,
    PUT: createContainer,
    DELETE: deleteContainer,
  },
  "container comp=list restype=container": { GET: listBlobs },
};

/** What would change the meaning of a request if it were overlooked. */
const UNSUPPORTED_HEADERS = [
  "x-ms-blob-public-access",
  "x-ms-content-crc64",
  "x-ms-copy-source",
  "x-ms-default-encryption-scope",
  "x-ms-encryption-key",
  "x-ms-encryption-scope",
  "x-ms-if-tags",
  "x-ms-lease-id",
  "x-ms-range-get-content-crc64",
  "x-ms-range-get-content-md5",
  "x-ms-structured-body",
  "x-ms-tags",
];
const UNSUPPORTED_PARAMETERS = ["snapshot", "versionid"];

export async function performBlobOperation(request: BlobRequest): Promise<Reply> {
  const words = ["comp", "restype"].flatMap((name) => {
    const value = request.query.get(name);
    return value === undefined ? [] : [`${name}=${value.toLowerCase()}`];
  });
  const methods = OPERATIONS[[request.path.kind, ...words].join(" ")];
  if (methods === undefined) {
    throw new BlobRequestError(
      "UnsupportedQueryParameter",
      "One of the query parameters specified in the request URI is not supported.",
    );
  }
  const perform = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
  if (perform === undefined) {
    throw new BlobRequestError(
      "UnsupportedHttpVerb",
      "The resource doesn't support specified Http Verb.",
      { allow: Object.keys(methods).join(", ") },
    );
  }
  refuseUnsupported(request);
  return perform(request);
}

function refuseUnsupported(request: BlobRequest): void {
  const parameter = UNSUPPORTED_PARAMETERS.find((name) => request.query.has(name));
  if (parameter !== undefined) {
    throw new BlobRequestError("UnsupportedQueryParameter", `'${parameter}' is not supported.`);
  }
  const header = UNSUPPORTED_HEADERS.find((name) => request.header(name) !== undefined);
  if (header !== undefined) {
    throw new BlobRequestError("UnsupportedHeader", `'${header}' is not supported.`);
  }
}
