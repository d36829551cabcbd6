import { createHash } from "node:crypto";
import type {
  BlobAddress,
  BlobStore,
  BlockKind,
  NewBlob,
  ReceivedContent,
  StoredBlob,
  StoredContainer,
} from "@larimar/domain";
import { describe, expect, it } from "vitest";

const NO_HEADERS = {
  contentType: undefined,
  contentEncoding: undefined,
  contentLanguage: undefined,
  contentDisposition: undefined,
  cacheControl: undefined,
  contentMd5: undefined,
};

export function address(blobName = "d1/file", containerName = "uploads"): BlobAddress {
  return { containerName, blobName };
}

export function newBlob(overrides: Partial<NewBlob> = {}): NewBlob {
  return {
    address: address(),
    etag: "0x1",
    writtenAtMs: 1000,
    headers: NO_HEADERS,
    metadata: new Map(),
    ...overrides,
  };
}

async function* chunksOf(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

export async function received(store: BlobStore, ...texts: string[]): Promise<ReceivedContent> {
  const content = await store.receive(chunksOf(...texts), { bytesMax: 1e9 });
  if (typeof content === "string") throw new Error(`Content was refused: ${content}`);
  return content;
}

export async function put(store: BlobStore, text: string, blobName?: string): Promise<StoredBlob> {
  await using content = await received(store, text);
  const blob = newBlob({ address: address(blobName) });
  const stored = await store.put(blob, content, "anything", "given");
  if (typeof stored === "string") throw new Error(`The blob was not written: ${stored}`);
  return stored;
}

export async function stage(
  store: BlobStore,
  blockId: string,
  text: string,
  { stagedAtMs = 0, blocksMax = 10, blobName = "d1/file" } = {},
): Promise<"staged" | "full" | "containerMissing"> {
  await using content = await received(store, text);
  const block = { blockId, content, stagedAtMs, blocksMax };
  return await store.stageBlock(address(blobName), block, "given");
}

export async function readText(store: BlobStore, blobName?: string): Promise<string | undefined> {
  using open = await store.open(address(blobName));
  if (open === undefined) return undefined;
  return await textOf(open.read({ firstByte: 0, lastByte: open.blob.sizeBytes - 1 }));
}

export async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

/** `open` gives an empty store each time. */
export function blobStoreContract(name: string, open: () => Promise<BlobStore>): void {
  const list = (blocks: readonly (readonly [BlockKind, string])[]) =>
    blocks.map(([kind, blockId]) => ({ kind, blockId }));

  describe(`BlobStore contract: ${name}`, () => {
    it("measures what it receives", async () => {
      const store = await open();
      await using content = await received(store, "ab", "", "c");
      const md5 = createHash("md5").update("abc").digest("base64");
      expect(content).toMatchObject({ sizeBytes: 3, md5 });
    });

    it("stops receiving at the limit", async () => {
      const store = await open();
      expect(await store.receive(chunksOf("abc", "d"), { bytesMax: 3 })).toBe("tooLong");
    });

    it("passes on what goes wrong with the content", async () => {
      const store = await open();
      const broken = (async function* () {
        yield Buffer.from("a");
        throw new Error("cable cut");
      })();
      await expect(store.receive(broken, { bytesMax: 10 })).rejects.toThrow("cable cut");
    });

    it("gives back what it was given", async () => {
      const store = await open();
      await using content = await received(store, "hello ", "world");
      const headers = { ...NO_HEADERS, contentType: "text/plain", contentMd5: "m" };
      const metadata = new Map([
        ["__proto__", "p"],
        ["Name", "ä"],
      ]);
      const blob = newBlob({ headers, metadata });
      const stored = {
        address: blob.address,
        etag: "0x1",
        sizeBytes: 11,
        createdAtMs: 1000,
        lastModifiedMs: 1000,
        headers,
        metadata,
      };
      expect(await store.put(blob, content, "anything", "given")).toEqual(stored);
      expect(await store.find(blob.address)).toEqual(stored);
      expect(await readText(store)).toBe("hello world");
    });

    it("shows nothing before a blob is made of what was received", async () => {
      const store = await open();
      await using _content = await received(store, "x");
      await stage(store, "AA==", "y");
      expect(await store.find(address())).toBeUndefined();
      expect(await store.open(address())).toBeUndefined();
      expect(
        await store.list({ containerName: "uploads", prefix: "", after: "", limit: 9 }),
      ).toEqual([]);
    });

    it("keeps blobs without content", async () => {
      const store = await open();
      await put(store, "");
      expect(await readText(store)).toBe("");
      expect(await store.commitBlocks(newBlob(), [], "anything", "given")).toMatchObject({
        sizeBytes: 0,
      });
      expect(await readText(store)).toBe("");
    });

    it("replaces a blob, and remembers when its name was taken", async () => {
      const store = await open();
      await put(store, "old");
      await using content = await received(store, "newer");
      const written = await store.put(
        newBlob({ etag: "0x2", writtenAtMs: 2000 }),
        content,
        "anything",
        "given",
      );
      expect(written).toMatchObject({ etag: "0x2", createdAtMs: 1000, lastModifiedMs: 2000 });
      expect(await readText(store)).toBe("newer");
    });

    it("writes only what is expected", async () => {
      const store = await open();
      await put(store, "old");
      await using content = await received(store, "new");
      expect(await store.put(newBlob(), content, "nothing", "given")).toBe("conflict");
      expect(await store.put(newBlob(), content, { etag: "0x9" }, "given")).toBe("conflict");
      expect(await store.commitBlocks(newBlob(), [], { etag: "0x9" }, "given")).toBe("conflict");
      expect(await store.delete(address(), { etag: "0x9" })).toBe("conflict");
      expect(await readText(store)).toBe("old");
      expect(await store.put(newBlob(), content, { etag: "0x1" }, "given")).toMatchObject({
        sizeBytes: 3,
      });
      await using other = await received(store, "other");
      const elsewhere = newBlob({ address: address("other") });
      expect(await store.put(elsewhere, other, { etag: "0x1" }, "given")).toBe("conflict");
      expect(await store.put(elsewhere, other, "nothing", "given")).toMatchObject({ sizeBytes: 5 });
    });

    it("gives a blob other metadata, and leaves its content", async () => {
      const store = await open();
      await put(store, "content");
      const description = { etag: "0x2", writtenAtMs: 2000, metadata: new Map([["Owner", "ä"]]) };
      expect(await store.describe(address(), description, { etag: "0x2" })).toBe("conflict");
      const described = await store.describe(address(), description, { etag: "0x1" });
      expect(described).toMatchObject({
        etag: "0x2",
        sizeBytes: 7,
        createdAtMs: 1000,
        lastModifiedMs: 2000,
        metadata: description.metadata,
      });
      expect(await store.find(address())).toEqual(described);
      expect(await readText(store)).toBe("content");
      expect(await store.describe(address("none"), description, "anything")).toBe("missing");
    });

    it("makes a blob of blocks, in the order of the list", async () => {
      const store = await open();
      for (const [id, text] of [
        ["Yg==", "two,"],
        ["YQ==", "one,"],
        ["Yw==", "three"],
      ] as const) {
        expect(await stage(store, id, text)).toBe("staged");
      }
      const blocks = list([
        ["latest", "YQ=="],
        ["uncommitted", "Yg=="],
        ["latest", "YQ=="],
      ]);
      expect(await store.commitBlocks(newBlob(), blocks, "nothing", "given")).toMatchObject({
        sizeBytes: 12,
      });
      expect(await readText(store)).toBe("one,two,one,");
      // A list forgets the blocks that it does not name.
      expect(
        await store.commitBlocks(newBlob(), list([["latest", "Yw=="]]), "anything", "given"),
      ).toBe("blockMissing");
    });

    it("tells the committed copy of a block from the one staged since", async () => {
      const store = await open();
      await stage(store, "YQ==", "old");
      await store.commitBlocks(newBlob(), list([["latest", "YQ=="]]), "anything", "given");
      await stage(store, "YQ==", "new");
      const both = list([
        ["committed", "YQ=="],
        ["uncommitted", "YQ=="],
        ["latest", "YQ=="],
      ]);
      await store.commitBlocks(newBlob(), both, "anything", "given");
      expect(await readText(store)).toBe("oldnewnew");
      const staged = list([["uncommitted", "YQ=="]]);
      expect(await store.commitBlocks(newBlob(), staged, "anything", "given")).toBe("blockMissing");
      expect(await readText(store)).toBe("oldnewnew");
    });

    it("keeps the newer of two blocks with one id", async () => {
      const store = await open();
      await stage(store, "YQ==", "old");
      await stage(store, "YQ==", "new");
      await store.commitBlocks(newBlob(), list([["latest", "YQ=="]]), "anything", "given");
      expect(await readText(store)).toBe("new");
    });

    it("stages no more blocks than may wait, but lets one be replaced", async () => {
      const store = await open();
      await stage(store, "YQ==", "1", { blocksMax: 2 });
      await stage(store, "Yg==", "2", { blocksMax: 2 });
      expect(await stage(store, "Yw==", "3", { blocksMax: 2 })).toBe("full");
      expect(await stage(store, "YQ==", "4", { blocksMax: 2 })).toBe("staged");
    });

    it("forgets staged blocks when the blob is written in one go", async () => {
      const store = await open();
      await stage(store, "YQ==", "block");
      await put(store, "whole");
      expect(
        await store.commitBlocks(newBlob(), list([["latest", "YQ=="]]), "anything", "given"),
      ).toBe("blockMissing");
    });

    it("gives up the blocks of a blob that got none for long enough", async () => {
      const store = await open();
      await stage(store, "YQ==", "1", { stagedAtMs: 10, blobName: "left" });
      await stage(store, "YQ==", "1", { stagedAtMs: 10, blobName: "alive" });
      await stage(store, "Yg==", "2", { stagedAtMs: 20, blobName: "alive" });
      await store.removeStaleBlocks(20);
      const commit = (blobName: string) =>
        store.commitBlocks(
          newBlob({ address: address(blobName) }),
          list([["latest", "YQ=="]]),
          "anything",
          "given",
        );
      expect(await commit("left")).toBe("blockMissing");
      expect(await commit("alive")).toMatchObject({ sizeBytes: 1 });
    });

    it("reads any part, across blocks", async () => {
      const store = await open();
      for (const [id, text] of [
        ["YQ==", "0123"],
        ["Yg==", ""],
        ["Yw==", "456789"],
      ] as const) {
        await stage(store, id, text);
      }
      const blocks = list([
        ["latest", "YQ=="],
        ["latest", "Yg=="],
        ["latest", "Yw=="],
      ]);
      await store.commitBlocks(newBlob(), blocks, "anything", "given");
      using open_ = (await store.open(address()))!;
      for (let firstByte = 0; firstByte < 10; firstByte++) {
        for (let lastByte = firstByte; lastByte < 10; lastByte++) {
          const text = await textOf(open_.read({ firstByte, lastByte }));
          expect(text).toBe("0123456789".slice(firstByte, lastByte + 1));
        }
      }
    });

    it("reads a blob as it was when it was opened", async () => {
      const store = await open();
      await put(store, "old");
      using replaced = (await store.open(address()))!;
      await put(store, "newer");
      using deleted = (await store.open(address()))!;
      await store.delete(address(), "anything");
      expect(await textOf(replaced.read({ firstByte: 0, lastByte: 2 }))).toBe("old");
      expect(await textOf(deleted.read({ firstByte: 0, lastByte: 4 }))).toBe("newer");
      expect(await store.open(address())).toBeUndefined();
    });

    it("deletes a blob with all of its blocks", async () => {
      const store = await open();
      await put(store, "x");
      await stage(store, "YQ==", "y");
      expect(await store.delete(address(), { etag: "0x1" })).toBe("deleted");
      expect(await store.delete(address(), "anything")).toBe("missing");
      expect(
        await store.commitBlocks(newBlob(), list([["latest", "YQ=="]]), "anything", "given"),
      ).toBe("blockMissing");
    });

    const container = (containerName: string, etag = "0x1"): StoredContainer => ({
      containerName,
      etag,
      createdAtMs: 1000,
      metadata: new Map([["Purpose", "ä"]]),
    });

    it("keeps containers, no two of one name and no more than may be", async () => {
      const store = await open();
      expect(await store.createContainer(container("two"), 2)).toBe("created");
      expect(await store.createContainer(container("one"), 2)).toBe("created");
      expect(await store.createContainer(container("two", "0x2"), 2)).toBe("exists");
      expect(await store.createContainer(container("three"), 2)).toBe("full");
      expect(await store.findContainer("two")).toEqual(container("two"));
      expect(await store.findContainer("three")).toBeUndefined();
      expect(await store.listContainers()).toEqual([container("one"), container("two")]);
    });

    it("deletes a container with all that is in it, and nothing beside it", async () => {
      const store = await open();
      await store.createContainer(container("gone"), 9);
      const names = Array.from({ length: 120 }, (_, i) => `blob-${i}`);
      for (const blobName of names) {
        await using content = await received(store, "x");
        const blob = newBlob({ address: address(blobName, "gone") });
        await store.put(blob, content, "anything", "given");
      }
      await using content = await received(store, "y");
      const block = { blockId: "YQ==", content, stagedAtMs: 0, blocksMax: 9 };
      await store.stageBlock(address("half", "gone"), block, "made");
      await put(store, "stays");
      expect(await store.deleteContainer("gone")).toBe("deleted");
      expect(await store.findContainer("gone")).toBeUndefined();
      const page = { containerName: "gone", prefix: "", after: "", limit: 9 };
      expect(await store.list(page)).toEqual([]);
      const half = newBlob({ address: address("half", "gone") });
      expect(await store.commitBlocks(half, list([["latest", "YQ=="]]), "anything", "given")).toBe(
        "blockMissing",
      );
      expect(await readText(store)).toBe("stays");
      expect(await store.deleteContainer("gone")).toBe("missing");
    });

    it("writes nothing into a container that was deleted meanwhile", async () => {
      const store = await open();
      await store.createContainer(container("gone"), 9);
      const blob = newBlob({ address: address("a", "gone") });
      await using content = await received(store, "x");
      expect(await store.deleteContainer("gone")).toBe("deleted");
      expect(await store.put(blob, content, "anything", "made")).toBe("containerMissing");
      const block = { blockId: "YQ==", content, stagedAtMs: 0, blocksMax: 9 };
      expect(await store.stageBlock(blob.address, block, "made")).toBe("containerMissing");
      expect(await store.commitBlocks(blob, [], "anything", "made")).toBe("containerMissing");
      expect(await store.find(blob.address)).toBeUndefined();
      expect(await store.deleteContainer("gone")).toBe("missing");
    });

    it("writes into a container that nobody made for as long as something is in it", async () => {
      const store = await open();
      const blob = newBlob({ address: address("b") });
      expect(await store.commitBlocks(blob, [], "anything", "made")).toBe("containerMissing");
      await put(store, "x", "a");
      expect(await store.commitBlocks(blob, [], "anything", "made")).toMatchObject({
        sizeBytes: 0,
      });
    });

    it("lists a container in the order of the names, a page at a time", async () => {
      const store = await open();
      const names = ["b/2", "a", "b/1", "b", "ä", "c%", "c_", "\u{1f600}", "\u{ff5e}"];
      for (const blobName of names) await put(store, "x", blobName);
      await using content = await received(store, "x");
      await store.put(newBlob({ address: address("a", "other") }), content, "anything", "given");
      const page = async (request: { prefix?: string; after?: string; limit?: number }) =>
        (
          await store.list({
            containerName: "uploads",
            prefix: "",
            after: "",
            limit: 100,
            ...request,
          })
        ).map((blob) => blob.address.blobName);
      const ordered = ["a", "b", "b/1", "b/2", "c%", "c_", "ä", "\u{ff5e}", "\u{1f600}"];
      expect(await page({})).toEqual(ordered);
      expect(await page({ limit: 2 })).toEqual(["a", "b"]);
      expect(await page({ after: "b", limit: 2 })).toEqual(["b/1", "b/2"]);
      expect(await page({ prefix: "b/" })).toEqual(["b/1", "b/2"]);
      expect(await page({ prefix: "b", after: "b/1" })).toEqual(["b/2"]);
      expect(await page({ prefix: "c%" })).toEqual(["c%"]);
      expect(await page({ prefix: "z" })).toEqual([]);
    });
  });
}
