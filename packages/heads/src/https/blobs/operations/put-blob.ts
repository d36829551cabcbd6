import { versionHeaders } from "@larimar/wire";
import type { Reply } from "../../reply.ts";
import type { BlobRequest } from "../blob-request.ts";
import { BlobRequestError } from "../blob-request-error.ts";
import { writeOf } from "./read-write.ts";

/** Put Blob: the whole content at once. */
export async function putBlob(request: BlobRequest): Promise<Reply> {
  const write = writeOf(request, { isWhole: true });
  checkType(request.header("x-ms-blob-type"));
  const content = request.content();
  const blob = await request.hub.blobs.put(write, content);
  return {
    status: 201,
    headers: {
      ...versionHeaders(blob),
      "content-md5": blob.headers.contentMd5 ?? "",
      "x-ms-request-server-encrypted": "false",
    },
    payload: Buffer.alloc(0),
  };
}

function checkType(type: string | undefined): void {
  if (type === undefined) {
    throw new BlobRequestError(
      "MissingRequiredHeader",
      "An HTTP header that's mandatory for this request is not specified: x-ms-blob-type.",
    );
  }
  if (type !== "BlockBlob") {
    throw new BlobRequestError("InvalidBlobType", "Only block blobs are supported.");
  }
}
