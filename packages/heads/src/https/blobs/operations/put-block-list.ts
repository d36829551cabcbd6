import { createHash } from "node:crypto";
import { BlobError } from "@larimar/domain";
import { parseBlockList, versionHeaders } from "@larimar/wire";
import type { Reply } from "../../reply.ts";
import { type BlobRequest, judge } from "../blob-request.ts";
import { BlobRequestError } from "../blob-request-error.ts";
import { writeOf } from "./read-write.ts";

/** Put Block List: makes the blob of blocks that are there already. */
export async function putBlockList(request: BlobRequest): Promise<Reply> {
  const write = writeOf(request, { isWhole: false });
  const md5 = request.md5("content-md5");
  const body = await request.text(request.limits.blockListBytesMax);
  if (md5 !== undefined && createHash("md5").update(body).digest("base64") !== md5) {
    throw new BlobError(
      "Md5Mismatch",
      "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
    );
  }
  const blocks = judge(parseBlockList(body.toString("utf8")), (problem) => {
    throw new BlobRequestError("InvalidXmlDocument", `XML specified is not valid. ${problem}.`);
  });
  const blob = await request.hub.blobs.commitBlocks(write, blocks);
  return {
    status: 201,
    headers: { ...versionHeaders(blob), "x-ms-request-server-encrypted": "false" },
    payload: Buffer.alloc(0),
  };
}
