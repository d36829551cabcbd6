import type { Reply } from "../../reply.ts";
import type { BlobRequest } from "../blob-request.ts";
import { conditionsOf } from "./read-write.ts";

/** Delete Blob; nothing of it is kept. */
export async function deleteBlob(request: BlobRequest): Promise<Reply> {
  const { resource } = request.authorizeBlob("delete");
  await request.hub.blobs.delete(resource, conditionsOf(request));
  return {
    status: 202,
    headers: { "x-ms-delete-type-permanent": "true" },
    payload: Buffer.alloc(0),
  };
}
