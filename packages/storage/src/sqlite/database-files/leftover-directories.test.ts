import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { captureLog } from "../../fixtures/captured-log.fixture.ts";
import { makeTemporaryDirectory } from "../../fixtures/temporary-directory.fixture.ts";
import { SILENT_LOG } from "../../storage-log.ts";
import { openStorage } from "../open-storage.ts";
import { makeEphemeralDirectory } from "./ephemeral-directory.ts";
import { LeftoverDirectories } from "./leftover-directories.ts";

let place: string;

beforeEach(() => {
  const temporary = makeTemporaryDirectory();
  place = temporary.path;
  // A place of its own: other tests are at work in the common one.
  vi.stubEnv("TMPDIR", place);
  return () => {
    vi.unstubAllEnvs();
    temporary[Symbol.dispose]();
  };
});

/** What a server that was killed leaves: nobody holds its lock. */
function leave(name: string, lock: string | Buffer = ""): string {
  const directory = path.join(place, name);
  mkdirSync(path.join(directory, "blobs"), { recursive: true });
  for (const file of ["state.db", "state.db-wal", "events.db", "blobs/a"]) {
    writeFileSync(path.join(directory, file), "x");
  }
  writeFileSync(path.join(directory, "lock.db"), lock);
  return directory;
}

const ours = () => readdirSync(place).filter((name) => name.startsWith("larimar-ephemeral-"));

async function sweep(log = SILENT_LOG): Promise<void> {
  await new LeftoverDirectories(log).swept();
}

describe("directories in the temporary one", () => {
  test("that ephemeral servers left are removed, each with all that is in it", async () => {
    leave("larimar-ephemeral-aaaaaa");
    leave("larimar-ephemeral-bbbbbb");
    await sweep();
    expect(readdirSync(place)).toEqual([]);
  });

  test("whose servers live are not touched, however often somebody looks", async () => {
    const live = makeEphemeralDirectory();
    onTestFinished(() => live[Symbol.dispose]());
    writeFileSync(path.join(live.path, "state.db"), "x");
    await sweep();
    // Looking must not have freed the lock.
    await sweep();
    expect(readdirSync(live.path)).toEqual(expect.arrayContaining(["lock.db", "state.db"]));
  });

  test("that have no lock, another name, or are none, stay", async () => {
    const other = leave("larimar-data");
    mkdirSync(path.join(place, "larimar-ephemeral-no-lock"));
    writeFileSync(path.join(place, "larimar-ephemeral-file"), "");
    mkdirSync(path.join(place, "larimar-ephemeral-strange", "lock.db"), { recursive: true });
    symlinkSync(other, path.join(place, "larimar-ephemeral-link"));
    const before = readdirSync(place);
    await sweep();
    expect(readdirSync(place)).toEqual(before);
    expect(existsSync(path.join(other, "blobs", "a"))).toBe(true);
  });

  test("that cannot be removed are reported, and keep no others from it", async () => {
    const damaged = leave("larimar-ephemeral-damage", Buffer.alloc(4096, 7));
    leave("larimar-ephemeral-zzzzzz");
    const log = captureLog();
    await sweep(log);
    expect(readdirSync(place)).toEqual([path.basename(damaged)]);
    expect(log.lines).toMatchObject([{ fields: { directory: damaged } }]);
  });

  test("are of no interest to a temporary directory that cannot be read", async () => {
    vi.stubEnv("TMPDIR", path.join(place, "missing"));
    await expect(sweep()).resolves.toBeUndefined();
  });

  test("are swept by two at once", async () => {
    for (let i = 0; i < 20; i++) leave(`larimar-ephemeral-${i}`);
    const log = captureLog();
    await Promise.all([sweep(log), sweep(log)]);
    expect(readdirSync(place)).toEqual([]);
    expect(log.lines).toEqual([]);
  });
});

describe("a start", () => {
  test("of an ephemeral storage sweeps, in the background", async () => {
    const left = leave("larimar-ephemeral-aaaaaa");
    await using _ = await openStorage({ isEphemeral: true });
    await expect.poll(() => existsSync(left)).toBe(false);
    expect(ours()).toHaveLength(1);
  });

  test("of a storage in a directory leaves others alone", async () => {
    const left = leave("larimar-ephemeral-aaaaaa");
    const storage = await openStorage({ directory: path.join(place, "data") });
    await storage[Symbol.asyncDispose]();
    expect(existsSync(left)).toBe(true);
  });
});

describe("an ephemeral directory", () => {
  test("is for its owner alone, and gone when it is disposed of", () => {
    const directory = makeEphemeralDirectory();
    expect(readdirSync(place)).toEqual([path.basename(directory.path)]);
    directory[Symbol.dispose]();
    expect(readdirSync(place)).toEqual([]);
  });
});
