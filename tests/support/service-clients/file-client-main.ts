// A device that uploads files and a back end that reads them, as users would write them: the official
// packages, the CA in NODE_EXTRA_CA_CERTS. Each line of standard input is a call, each line printed what came
// of it, in the same order.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import {
  AnonymousCredential,
  BlobSASPermissions,
  BlobServiceClient,
  BlockBlobClient,
  ContainerSASPermissions,
  SASProtocol,
  type StorageSharedKeyCredential,
  generateBlobSASQueryParameters,
  newPipeline,
} from "@azure/storage-blob";
import { Client } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";

/** Bytes that differ everywhere and are the same each time. */
export interface Pattern {
  readonly sizeBytes: number;
  readonly seed: number;
}

export interface BlobPlace {
  readonly connectionString: string;
  readonly containerName: string;
  readonly blobName: string;
}

const PORTION_BYTES = 65_536;

function* portionsOf({ sizeBytes, seed }: Pattern): Generator<Buffer> {
  for (let done = 0; done < sizeBytes; done += PORTION_BYTES) {
    const portion = Buffer.allocUnsafe(Math.min(PORTION_BYTES, sizeBytes - done));
    for (let i = 0; i < portion.length; i++)
      portion[i] = ((done + i) * 31 + (done >> 16) + seed) & 255;
    yield portion;
  }
}

function hashOf(pattern: Pattern): string {
  const hash = createHash("sha256");
  for (const portion of portionsOf(pattern)) hash.update(portion);
  return hash.digest("hex");
}

const containerOf = ({ connectionString, containerName }: Omit<BlobPlace, "blobName">) =>
  BlobServiceClient.fromConnectionString(connectionString, {
    retryOptions: { maxTries: 1 },
  }).getContainerClient(containerName);
const blobOf = (place: BlobPlace) => containerOf(place).getBlockBlobClient(place.blobName);

const anonymous = newPipeline(new AnonymousCredential(), { retryOptions: { maxTries: 1 } });

const calls = {
  /** The device's own call, which does everything. */
  async uploadToBlob(request: { device: string; name: string; pattern: Pattern }): Promise<string> {
    const client = Client.fromConnectionString(request.device, Mqtt);
    const { pattern } = request;
    const stream = Readable.from(portionsOf(pattern), { objectMode: false });
    await client.uploadToBlob(request.name, stream, pattern.sizeBytes);
    return hashOf(pattern);
  },

  getBlobSharedAccessSignature: (request: { device: string; name: string }): Promise<unknown> =>
    Client.fromConnectionString(request.device, Mqtt).getBlobSharedAccessSignature(request.name),

  async notifyBlobUploadStatus(request: {
    device: string;
    correlationId: string;
    isSuccess: boolean;
  }): Promise<null> {
    const client = Client.fromConnectionString(request.device, Mqtt);
    const { correlationId, isSuccess } = request;
    await client.notifyBlobUploadStatus(correlationId, isSuccess, isSuccess ? 200 : 500, "done");
    return null;
  },

  /** What an application does between those two. */
  async uploadToUrl({ url, pattern }: { url: string; pattern: Pattern }): Promise<unknown> {
    const content = Buffer.concat([...portionsOf(pattern)]);
    const client = new BlockBlobClient(url, anonymous);
    const { etag, contentMD5 } = await client.upload(content, content.length, {
      blobHTTPHeaders: { blobContentType: "text/plain" },
      metadata: { site: "north" },
    });
    return { etag, md5: contentMD5 === undefined ? undefined : base64(contentMD5) };
  },

  async download(place: BlobPlace): Promise<unknown> {
    const response = await blobOf(place).download();
    const hash = createHash("sha256");
    let sizeBytes = 0;
    for await (const chunk of response.readableStreamBody as AsyncIterable<Buffer>) {
      hash.update(chunk);
      sizeBytes += chunk.length;
    }
    const { contentType, metadata } = response;
    return { sha256: hash.digest("hex"), sizeBytes, contentType, metadata };
  },

  /** In ranges, several at a time. */
  async downloadInParts(place: BlobPlace & { partBytes: number }): Promise<string> {
    const content = await blobOf(place).downloadToBuffer(0, undefined, {
      blockSize: place.partBytes,
    });
    return createHash("sha256").update(content).digest("hex");
  },

  async downloadText(place: BlobPlace & { offset: number; count: number }): Promise<string> {
    return (await blobOf(place).downloadToBuffer(place.offset, place.count)).toString();
  },

  async downloadAllText(place: BlobPlace): Promise<string> {
    return (await blobOf(place).downloadToBuffer()).toString();
  },

  async downloadFromUrl({ url }: { url: string }): Promise<string> {
    return (await new BlockBlobClient(url, anonymous).downloadToBuffer()).toString();
  },

  async uploadText(place: BlobPlace & { text: string; ifNoneMatch?: string }): Promise<null> {
    const { text, ifNoneMatch } = place;
    const conditions = ifNoneMatch === undefined ? {} : { ifNoneMatch };
    await blobOf(place).upload(text, Buffer.byteLength(text), { conditions });
    return null;
  },

  async uploadInBlocks(place: BlobPlace & { blocks: readonly string[] }): Promise<null> {
    const client = blobOf(place);
    const ids = place.blocks.map((_, index) => base64(Buffer.from(String(index).padStart(6, "0"))));
    for (const [index, text] of place.blocks.entries()) {
      await client.stageBlock(ids[index]!, text, Buffer.byteLength(text));
    }
    await client.commitBlockList(ids);
    return null;
  },

  /** A URL that the SDK signs, which knows nothing of how we do it. */
  signUrl: (place: BlobPlace): Promise<string> =>
    blobOf(place).generateSasUrl({
      permissions: BlobSASPermissions.parse("r"),
      expiresOn: new Date(Date.now() + 3_600_000),
    }),

  signContainerUrl: (place: Omit<BlobPlace, "blobName">): Promise<string> =>
    containerOf(place).generateSasUrl({
      permissions: ContainerSASPermissions.parse("rwl"),
      expiresOn: new Date(Date.now() + 3_600_000),
    }),

  /** What the SDK would have signed where the hub signed. */
  async signatureOf(place: BlobPlace & { token: string }): Promise<string | null> {
    const fields = new URLSearchParams(place.token);
    const signed = generateBlobSASQueryParameters(
      {
        containerName: place.containerName,
        blobName: place.blobName,
        permissions: BlobSASPermissions.parse(fields.get("sp") ?? ""),
        protocol: SASProtocol.Https,
        expiresOn: new Date(fields.get("se") ?? 0),
        version: fields.get("sv") ?? "",
      },
      BlobServiceClient.fromConnectionString(place.connectionString)
        .credential as StorageSharedKeyCredential,
    );
    return new URLSearchParams(signed.toString()).get("sig");
  },

  async list(place: Omit<BlobPlace, "blobName"> & { prefix?: string }): Promise<string[]> {
    const names: string[] = [];
    const { prefix = "" } = place;
    const pages = containerOf(place).listBlobsFlat({ prefix }).byPage({ maxPageSize: 2 });
    for await (const page of pages) {
      names.push(...page.segment.blobItems.map((item) => item.name));
    }
    return names;
  },

  async listFolders(place: Omit<BlobPlace, "blobName"> & { prefix: string }): Promise<string[]> {
    const names: string[] = [];
    for await (const item of containerOf(place).listBlobsByHierarchy("/", place)) {
      names.push(item.kind === "prefix" ? `folder ${item.name}` : item.name);
    }
    return names;
  },

  async createContainer(place: Omit<BlobPlace, "blobName">): Promise<boolean> {
    return (await containerOf(place).createIfNotExists({ metadata: { purpose: "tests" } }))
      .succeeded;
  },

  async deleteContainer(place: Omit<BlobPlace, "blobName">): Promise<boolean> {
    return (await containerOf(place).deleteIfExists()).succeeded;
  },

  /** With what is known of each. */
  async listContainers({ connectionString }: { connectionString: string }): Promise<unknown[]> {
    const service = BlobServiceClient.fromConnectionString(connectionString);
    const found: unknown[] = [];
    for await (const { name, metadata } of service.listContainers({ includeMetadata: true })) {
      found.push({ name, metadata });
    }
    return found;
  },

  exists: (place: Omit<BlobPlace, "blobName">): Promise<boolean> => containerOf(place).exists(),

  async delete(place: BlobPlace): Promise<boolean> {
    return (await blobOf(place).deleteIfExists()).succeeded;
  },
};

export type FileCalls = typeof calls;

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

interface SdkError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
  /** Of the device's calls: what the hub said, and what a call of several steps failed with. */
  readonly responseBody?: string;
  readonly innerError?: SdkError;
}

async function perform(name: keyof FileCalls, request: never): Promise<object> {
  try {
    return { result: await calls[name](request) };
  } catch (thrown) {
    const error = thrown as SdkError;
    const { message, code, statusCode, responseBody, innerError } = error;
    const said = [message, responseBody, innerError?.message, innerError?.responseBody];
    return { error: error.name, message: said.filter(Boolean).join(" | "), code, statusCode };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { name, request } = JSON.parse(line) as { name: keyof FileCalls; request: never };
  process.stdout.write(`${JSON.stringify(await perform(name, request))}\n`);
}
process.exit(0);
