import { isBlockId } from "@larimar/wire";
import type { Reply } from "../../reply.ts";
import type { BlobRequest } from "../blob-request.ts";
import { BlobRequestError } from "../blob-request-error.ts";

/** Put Block: a part of the content, for a list that comes later. */
export async function putBlock(request: BlobRequest): Promise<Reply> {
  const { resource: address } = request.authorizeBlob("write", "create");
  const content = request.content();
  await request.hub.blobs.stageBlock(address, { blockId: blockIdOf(request), content });
  return {
    status: 201,
    headers: {
      ...(content.md5 === undefined ? {} : { "content-md5": content.md5 }),
      "x-ms-request-server-encrypted": "false",
    },
    payload: Buffer.alloc(0),
  };
}

function blockIdOf(request: BlobRequest): string {
  const blockId = request.query.get("blockid");
  if (blockId === undefined) {
    throw new BlobRequestError(
      "MissingRequiredQueryParameter",
      "A query parameter that's mandatory for this request is not specified: blockid.",
    );
  }
  // Plus signs that nobody escaped were read as spaces, which base64 does not have.
  const restored = blockId.replaceAll(" ", "+");
  if (isBlockId(restored)) return restored;
  throw new BlobRequestError(
    "InvalidQueryParameterValue",
    "Value for one of the query parameters specified in the request URI is invalid: blockid.",
  );
}
