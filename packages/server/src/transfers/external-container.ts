import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { BlobContainer } from "@larimar/domain";
import { HubError } from "@larimar/domain";

export interface ExternalContainerParts {
  /** Of the container, with the signature that permits its use. */
  readonly url: URL;
  /** Undefined trusts what Node.js trusts. */
  readonly ca?: string;
}

/** Held in memory until it is sent. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** Azure Storage takes no more of them for one blob. */
const BLOCKS_MAX = 50_000;
/** Without a byte either way; then the job fails. */
const SILENCE_MS_MAX = 60_000;
const STORAGE_VERSION = "2020-10-02";

interface Call {
  readonly method: "GET" | "PUT";
  readonly blobName: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** A container elsewhere that speaks the protocol of Azure Storage. */
export class ExternalContainer implements BlobContainer {
  readonly #parts: ExternalContainerParts;

  constructor(parts: ExternalContainerParts) {
    this.#parts = parts;
  }

  async *read(blobName: string): AsyncGenerator<string> {
    const response = await this.#call({ method: "GET", blobName });
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        yield decoder.decode(chunk, { stream: true });
      }
    } catch (error) {
      throw new HubError("Busy", "The storage account broke off", {}, { cause: error });
    } finally {
      response.destroy();
    }
    yield decoder.decode();
  }

  /** In blocks, which become a blob only together and at the end. */
  async write(blobName: string, content: AsyncIterable<string>): Promise<void> {
    const ids: string[] = [];
    for await (const body of blocksOf(content)) {
      if (ids.length === BLOCKS_MAX) {
        throw new HubError("BlobContainerInvalid", "The content is too large for one blob");
      }
      const blockid = Buffer.from(String(ids.length).padStart(8, "0")).toString("base64");
      ids.push(blockid);
      await this.#send({ method: "PUT", blobName, query: { comp: "block", blockid }, body });
    }
    const latest = ids.map((id) => `<Latest>${id}</Latest>`).join("");
    const list = `<?xml version="1.0" encoding="utf-8"?><BlockList>${latest}</BlockList>`;
    await this.#send({
      method: "PUT",
      blobName,
      query: { comp: "blocklist" },
      headers: { "x-ms-blob-content-type": "text/plain; charset=utf-8" },
      body: Buffer.from(list),
    });
  }

  async #send(call: Call): Promise<void> {
    const response = await this.#call(call);
    const ended = once(response, "close");
    response.on("error", () => {});
    response.resume();
    await ended;
  }

  async #call({
    method,
    blobName,
    query = {},
    headers = {},
    body,
  }: Call): Promise<IncomingMessage> {
    const { url, ca } = this.#parts;
    const target = new URL(url);
    target.pathname = `${url.pathname.replace(/\/+$/, "")}/${encodeURIComponent(blobName)}`;
    for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
    const send = target.protocol === "http:" ? requestHttp : requestHttps;
    const outgoing = send(target, {
      method,
      headers: {
        "x-ms-version": STORAGE_VERSION,
        ...(body && { "content-length": String(body.length) }),
        ...headers,
      },
      timeout: SILENCE_MS_MAX,
      agent: false,
      ...(ca !== undefined && { ca }),
    });
    // Whoever reads the response hears of it there.
    outgoing.on("error", () => {});
    outgoing.on("timeout", () => outgoing.destroy(new Error("silence")));
    outgoing.end(body);
    let response: IncomingMessage;
    try {
      [response] = (await once(outgoing, "response")) as [IncomingMessage];
    } catch (error) {
      throw new HubError("Busy", "The storage account does not answer", {}, { cause: error });
    }
    const { statusCode: status = 0 } = response;
    if (status === 200 || status === 201) return response;
    response.destroy();
    // Neither the URI nor what the account says of it: both may tell the signature.
    const code = status === 404 ? "BlobNotFound" : "BlobContainerInvalid";
    throw new HubError(code, `The storage account answered ${status} for '${blobName}'`, {
      status,
    });
  }
}

async function* blocksOf(content: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const text of content) {
    const piece = Buffer.from(text);
    pieces.push(piece);
    size += piece.length;
    if (size < BLOCK_BYTES) continue;
    yield Buffer.concat(pieces);
    pieces = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(pieces);
}
