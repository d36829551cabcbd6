import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  address,
  blobStoreContract,
  newBlob,
  put,
  readText,
  received,
  stage,
  textOf,
} from "../contracts/blob-store.contract.ts";
import { captureLog } from "../fixtures/captured-log.fixture.ts";
import { makeTemporaryDirectory } from "../fixtures/temporary-directory.fixture.ts";
import { pendingUploadStoreContract } from "../contracts/pending-upload-store.contract.ts";
import {
  PendingUploadStatements,
  SqlitePendingUploadStore,
} from "../sqlite/devices/sqlite-pending-upload-store.ts";
import { hubOwner } from "../sqlite/row-owner.ts";
import { StateDatabase } from "../sqlite/state-database.ts";
import { BlobFiles } from "./blob-files.ts";
import { BlobStatements } from "./blob-statements.ts";
import { SqliteBlobStore } from "./sqlite-blob-store.ts";

interface Opened {
  readonly store: SqliteBlobStore;
  readonly files: BlobFiles;
  readonly statements: BlobStatements;
  readonly state: StateDatabase;
}

class Place {
  readonly directory = makeTemporaryDirectory();
  readonly blobs = path.join(this.directory.path, "blobs");
  readonly stateFile = path.join(this.directory.path, "state.db");

  open({ diskReserveBytes = 0, hubName = "hub" } = {}): Opened {
    const state = new StateDatabase(this.stateFile);
    const statements = new BlobStatements(state);
    const files = new BlobFiles({ directory: this.blobs, diskReserveBytes, log: captureLog() });
    onTestFinished(() => state[Symbol.asyncDispose]());
    const store = new SqliteBlobStore(statements, files, hubOwner(state, hubName));
    return { store, files, statements, state };
  }

  names(): string[] {
    return existsSync(this.blobs) ? readdirSync(this.blobs) : [];
  }

  /** Removal keeps nobody waiting, so the test waits for it. */
  async namesOnceThereAre(count: number): Promise<string[]> {
    await vi.waitUntil(() => this.names().length === count, { timeout: 60_000 });
    return this.names();
  }
}

const places: Place[] = [];

function newPlace(): Place {
  const place = new Place();
  places.push(place);
  return place;
}

afterEach(() => {
  for (const place of places.splice(0)) place.directory[Symbol.dispose]();
});

blobStoreContract("sqlite", async () => newPlace().open().store);
pendingUploadStoreContract("sqlite", async () => {
  const state = new StateDatabase(":memory:");
  return new SqlitePendingUploadStore(new PendingUploadStatements(state), hubOwner(state, "hub"));
});

describe("the files of blobs", () => {
  test("are there only once there is something to keep, and nobody else can read them", async () => {
    const place = newPlace();
    const { store } = place.open();
    expect(existsSync(place.blobs)).toBe(false);
    await put(store, "x");
    expect(statSync(place.blobs).mode & 0o777).toBe(0o700);
    const [name] = place.names();
    expect(statSync(path.join(place.blobs, name!)).mode & 0o777).toBe(0o600);
  });

  test("have names that no client chose", async () => {
    const place = newPlace();
    const { store } = place.open();
    for (const blobName of ["../../escape", "/etc/passwd", "..", "a\0b", "CON", "x".repeat(1024)]) {
      await put(store, "x", blobName);
    }
    expect(readdirSync(place.directory.path).toSorted()).toEqual(
      ["blobs", "state.db", "state.db-shm", "state.db-wal"].toSorted(),
    );
    expect(place.names()).toHaveLength(6);
    for (const name of place.names()) expect(name).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("are not left of a container that was deleted while they came", async () => {
    const place = newPlace();
    const { store, state } = place.open();
    const made = { containerName: "gone", etag: "0x1", createdAtMs: 0, metadata: new Map() };
    await store.createContainer(made, 9);
    const write = async () => {
      await using content = await received(store, "late");
      const blob = newBlob({ address: address("a", "gone") });
      // Both in one turn, as of two clients: the deletion comes first.
      const deletion = store.deleteContainer("gone");
      const writing = store.put(blob, content, "anything", "made");
      expect(await Promise.all([deletion, writing])).toEqual(["deleted", "containerMissing"]);
    };
    await write();
    expect(place.names()).toEqual([]);
    for (const table of ["blobs", "blob_segments", "staged_blocks", "blob_containers"]) {
      const count = state.connection.prepare(`SELECT count(*) FROM ${table}`).pluck();
      expect(count.get()).toBe(0);
    }
  });

  test("go with content that nobody wanted, that broke off or that was too long", async () => {
    const place = newPlace();
    const { store } = place.open();
    await (await received(store, "unwanted"))[Symbol.asyncDispose]();
    const broken = (async function* () {
      yield Buffer.alloc(300_000);
      throw new Error("cable cut");
    })();
    await expect(store.receive(broken, { bytesMax: 1e9 })).rejects.toThrow("cable cut");
    const long = (async function* () {
      for (;;) yield Buffer.alloc(300_000);
    })();
    expect(await store.receive(long, { bytesMax: 1e6 })).toBe("tooLong");
    expect(place.names()).toEqual([]);
  });

  test("go with what is replaced, deleted or given up", async () => {
    const place = newPlace();
    const { store } = place.open();
    await put(store, "old");
    await put(store, "new");
    expect(await place.namesOnceThereAre(1)).toHaveLength(1);
    await stage(store, "YQ==", "a");
    await stage(store, "YQ==", "a again");
    await stage(store, "Yg==", "b");
    expect(await place.namesOnceThereAre(3)).toHaveLength(3);
    await store.commitBlocks(newBlob(), [{ kind: "latest", blockId: "YQ==" }], "anything", "given");
    expect(await place.namesOnceThereAre(1)).toHaveLength(1);
    await stage(store, "Yg==", "b", { stagedAtMs: 1, blobName: "other" });
    await store.removeStaleBlocks(2);
    expect(await place.namesOnceThereAre(1)).toHaveLength(1);
    await store.delete(address(), "anything");
    expect(await place.namesOnceThereAre(0)).toHaveLength(0);
  });

  test("wait for their last reader", async () => {
    const place = newPlace();
    const { store } = place.open();
    await put(store, "read me");
    const [one, other] = [(await store.open(address()))!, (await store.open(address()))!];
    await store.delete(address(), "anything");
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    expect(await textOf(other.read({ firstByte: 0, lastByte: 6 }))).toBe("read me");
    expect(place.names()).toHaveLength(1);
    other[Symbol.dispose]();
    expect(await place.namesOnceThereAre(0)).toHaveLength(0);
  });

  test("hold content larger than any buffer", async () => {
    const { store } = newPlace().open();
    const content = (async function* () {
      for (let n = 0; n < 100; n++) yield Buffer.alloc(10_007, String(n % 10));
    })();
    await using all = (await store.receive(content, { bytesMax: 1e9 })) as Awaited<
      ReturnType<typeof received>
    >;
    await store.put(newBlob(), all, "anything", "given");
    const text = (await readText(store))!;
    expect(text).toHaveLength(1_000_700);
    expect(text[10_006]! + text[10_007]! + text[1_000_699]!).toBe("019");
  });

  test("leave room on the disk for everything else", async () => {
    const place = newPlace();
    const { store } = place.open({ diskReserveBytes: Number.MAX_SAFE_INTEGER });
    expect(
      await store.receive(
        (async function* () {
          yield Buffer.from("x");
        })(),
        { bytesMax: 10 },
      ),
    ).toBe("full");
    expect(place.names()).toEqual([]);
  });
});

describe("a start after a crash", () => {
  test("finds every blob and every staged block that was promised", async () => {
    const place = newPlace();
    const before = place.open();
    await put(before.store, "kept", "whole");
    await stage(before.store, "YQ==", "block");
    // No goodbye: what the second one finds is what is on disk.
    const { store, files, statements } = place.open();
    files.sweep((file) => statements.isNamed.get(file, file) !== undefined);
    await files.swept();
    expect(await readText(store, "whole")).toBe("kept");
    await store.commitBlocks(newBlob(), [{ kind: "latest", blockId: "YQ==" }], "anything", "given");
    expect(await readText(store)).toBe("block");
  });

  test("sweeps halves and orphans, and nothing that is being received meanwhile", async () => {
    const place = newPlace();
    mkdirSync(place.blobs);
    for (const name of [`${randomUUID()}.part`, randomUUID()]) {
      writeFileSync(path.join(place.blobs, name), "left over");
    }
    const { store, files, statements } = place.open();
    await put(store, "kept");
    await using waiting = await received(store, "not yet a blob");
    files.sweep((file) => statements.isNamed.get(file, file) !== undefined);
    await files.swept();
    expect(place.names()).toHaveLength(2);
    expect(await readText(store)).toBe("kept");
    await store.put(newBlob({ address: address("late") }), waiting, "anything", "given");
    expect(await readText(store, "late")).toBe("not yet a blob");
  });

  test("has nothing to sweep where nothing was uploaded", async () => {
    const { files } = newPlace().open();
    files.sweep(() => false);
    await expect(files.swept()).resolves.toBeUndefined();
  });
});

test("hubs that share a directory do not see each other's blobs", async () => {
  const place = newPlace();
  const one = place.open({ hubName: "one" });
  const other = new SqliteBlobStore(one.statements, one.files, hubOwner(one.state, "other"));
  await put(one.store, "of one");
  expect(await other.find(address())).toBeUndefined();
  await put(other, "of the other");
  await one.store.delete(address(), "anything");
  expect(await readText(other)).toBe("of the other");
});
