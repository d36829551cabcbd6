import { versionHeaders } from "@larimar/wire";
import type { Reply } from "../../reply.ts";
import type { BlobRequest } from "../blob-request.ts";
import { conditionsOf, metadataOf } from "./read-write.ts";

/** Set Blob Metadata: all of it, whatever was there before. Readers of events keep their checkpoints this way. */
export async function setMetadata(request: BlobRequest): Promise<Reply> {
  const { resource } = request.authorizeBlob("write");
  const blob = await request.hub.blobs.describe({
    address: resource,
    metadata: metadataOf(request),
    conditions: conditionsOf(request),
  });
  return {
    status: 200,
    headers: { ...versionHeaders(blob), "x-ms-request-server-encrypted": "false" },
    payload: Buffer.alloc(0),
  };
}
