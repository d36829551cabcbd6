import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTestHub, MemoryBlobStore, testSettings } from "../../fixtures/index.fixture.ts";
import type { StoredBlob } from "./blob.ts";
import type { BlobConditions } from "./blob-conditions.ts";
import { checkReadConditions, checkWriteConditions } from "./blob-conditions.ts";
import { DEFAULT_BLOB_LIMITS } from "./blob-limits.ts";
import { isBlobName, isContainerName } from "./blob-names.ts";
import type { Blobs, IncomingContent, WriteBlob } from "./blobs.ts";
import { resolveRange } from "./byte-range.ts";

const NO_CONDITIONS: BlobConditions = {
  ifMatch: undefined,
  ifNoneMatch: undefined,
  ifModifiedSinceMs: undefined,
  ifUnmodifiedSinceMs: undefined,
};
const NO_HEADERS = {
  contentType: undefined,
  contentEncoding: undefined,
  contentLanguage: undefined,
  contentDisposition: undefined,
  cacheControl: undefined,
  contentMd5: undefined,
};

const address = (blobName: string, containerName = "uploads") => ({ containerName, blobName });
const writeOf = (blobName: string, overrides: Partial<WriteBlob> = {}): WriteBlob => ({
  address: address(blobName),
  headers: NO_HEADERS,
  metadata: new Map(),
  conditions: NO_CONDITIONS,
  mayReplace: true,
  ...overrides,
});
const contentOf = (text: string, overrides: Partial<IncomingContent> = {}): IncomingContent => ({
  chunks: (async function* () {
    yield Buffer.from(text);
  })(),
  sizeBytes: text.length,
  md5: undefined,
  ...overrides,
});
/** Something happens while the content is on its way. */
const contentAfter = (meanwhile: () => Promise<unknown>): IncomingContent =>
  contentOf("late", {
    chunks: (async function* () {
      await meanwhile();
      yield Buffer.from("late");
    })(),
  });
const put = (blobs: Blobs, blobName: string, text = "x") =>
  blobs.put(writeOf(blobName), contentOf(text));

describe("writing a blob", () => {
  test("keeps an MD5 of it, unless the writer brings one to keep", async () => {
    const { blobs } = createTestHub().hub;
    const own = await put(blobs, "a", "hello");
    expect(own.headers.contentMd5).toBe(createHash("md5").update("hello").digest("base64"));
    const headers = { ...NO_HEADERS, contentMd5: "brought" };
    const brought = await blobs.put(writeOf("a", { headers }), contentOf("hello"));
    expect(brought.headers.contentMd5).toBe("brought");
  });

  test("gives each version an ETag of its own", async () => {
    const { blobs } = createTestHub().hub;
    const etags = [await put(blobs, "a"), await put(blobs, "a"), await put(blobs, "b")].map(
      ({ etag }) => etag,
    );
    expect(new Set(etags).size).toBe(3);
    for (const etag of etags) expect(etag).toMatch(/^0x[0-9A-F]{16}$/);
  });

  test("receives nothing when it is refused anyway", async () => {
    const { blobs } = createTestHub().hub;
    await put(blobs, "a");
    let isRead = false;
    const content = contentOf("x", {
      chunks: (async function* () {
        isRead = true;
        yield Buffer.from("x");
      })(),
    });
    const inVain: [WriteBlob, Partial<IncomingContent>, string][] = [
      [writeOf("../a"), {}, "InvalidResourceName"],
      [writeOf("a", { mayReplace: false }), {}, "AuthorizationPermissionMismatch"],
      [
        writeOf("a", { conditions: { ...NO_CONDITIONS, ifNoneMatch: ["*"] } }),
        {},
        "BlobAlreadyExists",
      ],
      [writeOf("a", { address: address("a", "elsewhere") }), {}, "ContainerNotFound"],
      [writeOf("a"), { sizeBytes: DEFAULT_BLOB_LIMITS.blobBytesMax + 1 }, "RequestBodyTooLarge"],
    ];
    for (const [write, overrides, code] of inVain) {
      await expect(blobs.put(write, { ...content, ...overrides })).rejects.toMatchObject({ code });
    }
    expect(isRead).toBe(false);
  });

  test("notices what another writer did meanwhile", async () => {
    const { blobs } = createTestHub().hub;
    const conditions = { ...NO_CONDITIONS, ifNoneMatch: ["*"] };
    const meanwhile = contentAfter(() => put(blobs, "a", "early"));
    await expect(blobs.put(writeOf("a", { conditions }), meanwhile)).rejects.toMatchObject({
      code: "BlobAlreadyExists",
    });
    expect((await blobs.find(address("a"), NO_CONDITIONS)).sizeBytes).toBe(5);
  });

  test("gives up blocks whose list never comes", async () => {
    const { hub, clock } = createTestHub();
    await hub.blobs.stageBlock(address("a"), { blockId: "YQ==", content: contentOf("x") });
    const commit = () =>
      hub.blobs.commitBlocks(writeOf("a"), [{ kind: "latest", blockId: "YQ==" }]);
    await clock.advance(DEFAULT_BLOB_LIMITS.stagedBlockLifetimeMs + 60 * 60 * 1000);
    await expect(commit()).rejects.toMatchObject({ code: "InvalidBlockList" });
  });
});

describe("a container", () => {
  test("is there for uploads, and as soon as something is in it", async () => {
    const fileUpload = {
      ...testSettings().fileUpload,
      storage: { kind: "external" as const, connectionString: "", containerName: "uploads" },
    };
    const { hub, blobs: store } = createTestHub({}, testSettings({ fileUpload }));
    await expect(hub.blobs.requireContainer("uploads")).rejects.toMatchObject({
      code: "ContainerNotFound",
    });
    const received = await store.receive(contentOf("x").chunks, { bytesMax: 9 });
    if (typeof received === "string") throw new Error(received);
    const blob = { ...writeOf("a"), etag: "0x1", writtenAtMs: 0 };
    await store.put(blob, received, "anything", "given");
    await expect(hub.blobs.requireContainer("uploads")).resolves.toMatchObject({
      containerName: "uploads",
      createdAtMs: hub.settings.createdAtMs,
    });
    await expect(hub.blobs.requireContainer("other")).rejects.toMatchObject({
      code: "ContainerNotFound",
    });
  });
});

describe("containers that somebody makes", () => {
  test("are there until they are deleted, with what was put in them", async () => {
    const { hub, clock } = createTestHub();
    const metadata = new Map([["owner", "readers"]]);
    const made = await hub.blobs.createContainer("mine", metadata);
    expect(made).toMatchObject({ containerName: "mine", createdAtMs: clock.now(), metadata });
    expect(await hub.blobs.requireContainer("mine")).toEqual(made);
    const write = writeOf("a");
    const address = { containerName: "mine", blobName: "a" };
    await hub.blobs.put({ ...write, address }, contentOf("x"));
    await expect(hub.blobs.createContainer("mine", new Map())).rejects.toMatchObject({
      code: "ContainerAlreadyExists",
    });
    const page = { prefix: "", marker: "", entriesMax: Infinity };
    const names = async (request: Partial<typeof page>) => {
      const { containers, nextMarker } = await hub.blobs.listContainers({ ...page, ...request });
      return [containers.map(({ containerName }) => containerName), nextMarker];
    };
    expect(await names({})).toEqual([["mine", "uploads"], undefined]);
    expect(await names({ entriesMax: 1 })).toEqual([["mine"], "mine"]);
    expect(await names({ entriesMax: 1, marker: "mine" })).toEqual([["uploads"], undefined]);
    expect(await names({ prefix: "u" })).toEqual([["uploads"], undefined]);
    await hub.blobs.deleteContainer("mine");
    await expect(hub.blobs.requireContainer("mine")).rejects.toMatchObject({
      code: "ContainerNotFound",
    });
  });

  test.each<[string, (blobs: Blobs, meanwhile: () => Promise<unknown>) => Promise<unknown>]>([
    [
      "blob",
      (blobs, meanwhile) =>
        blobs.put(writeOf("a", { address: address("a", "mine") }), contentAfter(meanwhile)),
    ],
    [
      "block",
      (blobs, meanwhile) =>
        blobs.stageBlock(address("a", "mine"), {
          blockId: "YQ==",
          content: contentAfter(meanwhile),
        }),
    ],
  ])("do not come back with a %s that was on its way when they were deleted", async (_, write) => {
    const { hub } = createTestHub();
    await hub.blobs.createContainer("mine", new Map());
    const writing = write(hub.blobs, () => hub.blobs.deleteContainer("mine"));
    await expect(writing).rejects.toMatchObject({ code: "ContainerNotFound" });
    await expect(hub.blobs.requireContainer("mine")).rejects.toMatchObject({
      code: "ContainerNotFound",
    });
    await hub.blobs.createContainer("mine", new Map());
    await expect(
      hub.blobs.commitBlocks(writeOf("a", { address: address("a", "mine") }), [
        { kind: "latest", blockId: "YQ==" },
      ]),
    ).rejects.toMatchObject({ code: "InvalidBlockList" });
  });

  test.each(["put", "stageBlock", "commitBlocks"] as const)(
    "do not come back when they are deleted right before the store's own %s",
    async (method) => {
      const store = new MemoryBlobStore();
      const { hub } = createTestHub({ blobs: store });
      const original = store[method].bind(store) as (...given: unknown[]) => Promise<unknown>;
      Object.assign(store, {
        [method]: async (...given: unknown[]) => {
          await hub.blobs.deleteContainer("mine");
          return original(...given);
        },
      });
      await hub.blobs.createContainer("mine", new Map());
      const write = writeOf("a", { address: address("a", "mine") });
      const writing = {
        put: () => hub.blobs.put(write, contentOf("x")),
        stageBlock: () =>
          hub.blobs.stageBlock(write.address, { blockId: "YQ==", content: contentOf("x") }),
        commitBlocks: () => hub.blobs.commitBlocks(write, []),
      }[method]();
      await expect(writing).rejects.toMatchObject({ code: "ContainerNotFound" });
      await expect(hub.blobs.requireContainer("mine")).rejects.toMatchObject({
        code: "ContainerNotFound",
      });
    },
  );

  test("cannot have the name of one that has something in it", async () => {
    const { hub, blobs: store } = createTestHub();
    const received = await store.receive(contentOf("x").chunks, { bytesMax: 9 });
    if (typeof received === "string") throw new Error(received);
    const address = { containerName: "old", blobName: "a" };
    await store.put(
      { ...writeOf("a"), address, etag: "0x1", writtenAtMs: 0 },
      received,
      "anything",
      "given",
    );
    await expect(hub.blobs.createContainer("old", new Map())).rejects.toMatchObject({
      code: "ContainerAlreadyExists",
    });
    await hub.blobs.deleteContainer("old");
    await hub.blobs.createContainer("old", new Map());
  });
});

describe("a listing", () => {
  test("page by page says the same as all at once", async () => {
    const segment = fc.constantFrom("a", "b", "ä", "a-");
    const names = fc.uniqueArray(
      fc.array(segment, { minLength: 1, maxLength: 3 }).map((s) => s.join("/")),
      {
        maxLength: 12,
      },
    );
    const property = fc.asyncProperty(
      names,
      fc.constantFrom("", "a", "a/", "b/"),
      fc.constantFrom(undefined, "/"),
      fc.integer({ min: 1, max: 4 }),
      async (blobNames, prefix, delimiter, entriesMax) => {
        const { blobs } = createTestHub().hub;
        for (const blobName of blobNames) await put(blobs, blobName);
        const found: string[] = [];
        let marker: string | undefined = "";
        while (marker !== undefined) {
          const page = await blobs.list("uploads", { prefix, delimiter, marker, entriesMax });
          expect(page.entries.length).toBeLessThanOrEqual(entriesMax);
          found.push(
            ...page.entries.map((entry) =>
              entry.kind === "blob" ? entry.blob.address.blobName : entry.prefix,
            ),
          );
          marker = page.nextMarker;
        }
        expect(found).toEqual(expectedListing(blobNames, prefix, delimiter));
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test("has no more entries than a page may have", async () => {
    const blobLimits = { ...DEFAULT_BLOB_LIMITS, blobsPerPageMax: 2 };
    const { blobs } = createTestHub({ blobLimits }).hub;
    for (const name of ["a", "b", "c"]) await put(blobs, name);
    const request = { prefix: "", delimiter: undefined, marker: "", entriesMax: Infinity };
    const page = await blobs.list("uploads", request);
    expect(page).toMatchObject({ entries: { length: 2 }, nextMarker: "b" });
  });
});

describe("conditions", () => {
  const blob = { etag: "0x1", lastModifiedMs: 1999 } as StoredBlob;
  const given = (conditions: Partial<BlobConditions>) => ({ ...NO_CONDITIONS, ...conditions });

  test.each([
    [{}, undefined],
    [{ ifMatch: ["0x0", "0x1"] }, undefined],
    [{ ifMatch: ["*"] }, undefined],
    [{ ifMatch: ["0x0"] }, "ConditionNotMet"],
    [{ ifNoneMatch: ["0x1"] }, "NotModified"],
    [{ ifNoneMatch: ["*"] }, "NotModified"],
    [{ ifNoneMatch: ["0x0"], ifModifiedSinceMs: 5000 }, undefined],
    // Headers have no fractions, so a blob is no newer than the second it was written in.
    [{ ifModifiedSinceMs: 1000 }, "NotModified"],
    [{ ifModifiedSinceMs: 0 }, undefined],
    [{ ifUnmodifiedSinceMs: 1000 }, undefined],
    [{ ifUnmodifiedSinceMs: 999 }, "ConditionNotMet"],
    [{ ifMatch: ["0x1"], ifUnmodifiedSinceMs: 0 }, undefined],
  ])("%o of a reader lead to %s", (conditions, code) => {
    const check = () => checkReadConditions(given(conditions), blob);
    if (code === undefined) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code }) as Error);
  });

  test.each([
    [{}, "anything"],
    [{ ifMatch: ["*"] }, { etag: "0x1" }],
    [{ ifMatch: ["0x1"] }, { etag: "0x1" }],
    [{ ifNoneMatch: ["0x0"] }, { etag: "0x1" }],
    [{ ifUnmodifiedSinceMs: 1000 }, { etag: "0x1" }],
  ])("%o of a writer make the store insist on %o", (conditions, expected) => {
    expect(checkWriteConditions(given(conditions), blob)).toEqual(expected);
  });

  test.each([
    [{ ifMatch: ["0x0"] }, blob, "ConditionNotMet"],
    [{ ifMatch: ["*"] }, undefined, "ConditionNotMet"],
    [{ ifNoneMatch: ["*"] }, blob, "BlobAlreadyExists"],
    [{ ifNoneMatch: ["0x1"] }, blob, "ConditionNotMet"],
    [{ ifModifiedSinceMs: 1000 }, blob, "ConditionNotMet"],
    [{ ifUnmodifiedSinceMs: 0 }, blob, "ConditionNotMet"],
  ])("%o of a writer are not met", (conditions, current, code) => {
    const check = () => checkWriteConditions(given(conditions), current);
    expect(check).toThrow(expect.objectContaining({ code }) as Error);
  });

  test("of a writer who wants nothing to be there are insisted on", () => {
    expect(checkWriteConditions(given({ ifNoneMatch: ["*"] }), undefined)).toBe("nothing");
  });
});

describe("a range", () => {
  test("is always within the blob", () => {
    const sizes = fc.integer({ min: 0, max: 20 });
    const bytes = fc.integer({ min: 0, max: 25 });
    fc.assert(
      fc.property(
        sizes,
        bytes,
        fc.option(bytes, { nil: undefined }),
        (size, firstByte, lastByte) => {
          if (lastByte !== undefined && lastByte < firstByte) return;
          const resolve = () => resolveRange({ firstByte, lastByte }, size);
          if (firstByte >= size) {
            expect(resolve).toThrow(expect.objectContaining({ code: "InvalidRange" }) as Error);
            return;
          }
          const range = resolve();
          expect(range.firstByte).toBe(firstByte);
          expect(range.lastByte).toBe(Math.min(lastByte ?? size - 1, size - 1));
        },
      ),
    );
  });

  test("from the end is as long as there is something", () => {
    expect(resolveRange({ suffixBytes: 3 }, 10)).toEqual({ firstByte: 7, lastByte: 9 });
    expect(resolveRange({ suffixBytes: 30 }, 10)).toEqual({ firstByte: 0, lastByte: 9 });
    for (const [suffixBytes, size] of [
      [0, 10],
      [5, 0],
    ] as const) {
      const resolve = () => resolveRange({ suffixBytes }, size);
      expect(resolve).toThrow(expect.objectContaining({ code: "InvalidRange" }) as Error);
    }
  });
});

describe("names", () => {
  test.each(["a", "d1/a b.txt", "ä/…", ".hidden", "a..b", "a%2F", "x".repeat(1024)])(
    "of blobs may be %j",
    (name) => {
      expect(isBlobName(name)).toBe(true);
    },
  );

  test.each([
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "a/./b",
    "..\\b",
    "a\u0000",
    "a\u0085",
    "\udc00",
    "x".repeat(1025),
  ])("of blobs may not be %j", (name) => {
    expect(isBlobName(name)).toBe(false);
  });

  test("of containers are what hosts would take", () => {
    for (const name of ["abc", "a-b-1", "x".repeat(63)]) expect(isContainerName(name)).toBe(true);
    for (const name of ["ab", "Abc", "a--b", "-ab", "ab-", "a_b", "a.b", "x".repeat(64)]) {
      expect(isContainerName(name)).toBe(false);
    }
  });
});

function expectedListing(
  names: readonly string[],
  prefix: string,
  delimiter: string | undefined,
): string[] {
  const ordered = names
    .filter((name) => name.startsWith(prefix))
    .toSorted((a, b) => Buffer.from(a).compare(Buffer.from(b)));
  const entries = ordered.map((name) => {
    const at = delimiter === undefined ? -1 : name.indexOf(delimiter, prefix.length);
    return at < 0 ? name : name.slice(0, at + 1);
  });
  return [...new Set(entries)];
}
