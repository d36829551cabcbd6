import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from "vitest";
import { device } from "../contracts/device-store.contract.ts";
import { appendOf, readAll } from "../fixtures/records.fixture.ts";
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from "../fixtures/temporary-directory.fixture.ts";
import { connect } from "./database-files/connect.ts";
import { EVENTS_DATABASE } from "./event-log/events-database.ts";
import { openStorage } from "./open-storage.ts";

const HUB = {
  name: "Local",
  partitionCount: 2,
  eventRetention: { ageMs: 86_400_000, bytesMax: 1e9 },
};
const filled = makeTemporaryDirectory();
let temporary: TemporaryDirectory;
let directory: string;

/** Both databases with something in them, closed properly. */
beforeAll(async () => {
  await using storage = await openStorage({ directory: filled.path });
  await storage.forHub("local").devices.put(device("d1", "a"), undefined);
  const log = await storage.openEventLog(HUB);
  await log.append(appendOf(0, ["kept"]));
});

afterAll(() => filled[Symbol.dispose]());

beforeEach(() => {
  temporary = makeTemporaryDirectory();
  directory = path.join(temporary.path, "data", "here");
});

afterEach(() => temporary[Symbol.dispose]());

test("what was stored is there after a restart, however the hub's name is written", async () => {
  fill();
  await using storage = await openStorage({ directory });
  expect(await storage.forHub("LOCAL").devices.find("d1")).toEqual(device("d1", "a"));
  const log = await storage.openEventLog({ ...HUB, name: "LOCAL" });
  expect(await readAll(log, 0)).toMatchObject([{ position: 0, text: "kept" }]);
});

test("nobody else can read what is stored", async () => {
  await using storage = await openStorage({ directory });
  await storage.forHub("local").devices.put(device("d1", "a"), undefined);
  const modes = snapshot().map(({ name, mode }) => [name, mode]);
  expect(modes.length).toBeGreaterThan(1);
  expect(modes).toEqual(modes.map(([name]) => [name, 0o600]));
  expect(statSync(directory).mode & 0o777).toBe(0o700);
});

test("a directory in use is refused at once, and can be used when the other has left", async () => {
  const first = await openStorage({ directory });
  await expect(openStorage({ directory })).rejects.toMatchObject({
    name: "StorageError",
    code: "inUse",
    message: `The data directory '${directory}' is in use by another server.`,
  });
  // The attempt must not have taken the lock away from its holder.
  await expect(openStorage({ directory })).rejects.toMatchObject({ code: "inUse" });
  await first[Symbol.asyncDispose]();
  await using second = await openStorage({ directory });
  expect(await second.hubSettings.list()).toEqual([]);
});

test("a directory that cannot be made or written is refused", async () => {
  const file = path.join(temporary.path, "file");
  writeFileSync(file, "");
  for (const impossible of [file, path.join(file, "below"), "/proc/larimar"]) {
    const opened = openStorage({ directory: impossible });
    await expect(opened).rejects.toMatchObject({ name: "StorageError", code: "notWritable" });
    await expect(opened).rejects.toThrow(`The data directory '${impossible}' cannot be written`);
  }
});

test("an ephemeral storage works and leaves nothing behind", async () => {
  // A place of its own: other tests are at work in the common one.
  vi.stubEnv("TMPDIR", temporary.path);
  onTestFinished(() => void vi.unstubAllEnvs());
  const ours = () =>
    readdirSync(temporary.path).filter((name) => name.startsWith("larimar-ephemeral-"));
  const storage = await openStorage({ isEphemeral: true });
  await storage.forHub("local").devices.put(device("d1", "a"), undefined);
  const log = await storage.openEventLog(HUB);
  await log.append(appendOf(0, ["a"]));
  expect(await readAll(log, 0)).toHaveLength(1);
  expect(ours()).toHaveLength(1);
  await storage[Symbol.asyncDispose]();
  expect(ours()).toEqual([]);
});

describe.each(["state.db", "events.db"])("a %s", (fileName) => {
  const file = () => path.join(directory, fileName);

  test("of a newer version is refused", async () => {
    fill();
    const database = connect(file());
    database.pragma("user_version = 9999");
    database.close();
    await expectRefusal("newerDatabase", "was written by a newer version of Larimar");
  });

  test("of another program is refused", async () => {
    fill();
    rmSync(file());
    const database = connect(file());
    database.exec("CREATE TABLE theirs (id)");
    database.close();
    await expectRefusal("damaged", "it belongs to another program");
  });

  test("that is not a database is refused", async () => {
    fill();
    writeFileSync(file(), "garbage ".repeat(10_000));
    await expectRefusal("damaged", "it is not a database");
  });

  test.each([10, 100, 5000, 9000])("of which only %d bytes are left is refused", async (bytes) => {
    fill();
    truncateSync(file(), bytes);
    await expectRefusal("damaged", "is damaged");
  });

  test("whose content is gone while its log is there is refused", async () => {
    fill();
    writeFileSync(`${file()}-wal`, readFileSync(file()));
    truncateSync(file(), 0);
    await expectRefusal("damaged", "its content is gone");
  });

  test("that was overwritten in the middle is refused", async () => {
    fill();
    const bytes = readFileSync(file());
    bytes.fill(0xa5, 8192, bytes.length);
    writeFileSync(file(), bytes);
    await expectRefusal("damaged", "is damaged");
  });

  test("that is empty is filled, as if it had never been there", async () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file(), "");
    await using storage = await openStorage({ directory });
    expect(await storage.hubSettings.list()).toEqual([]);
  });

  test("cut short after a crash is refused, unless the log has what is missing", async () => {
    fill();
    const [whole, wal] = crashWithLog(file());
    // The log alone has it all: this is how a database looks that was never copied into.
    writeFileSync(file(), whole.subarray(0, 8192));
    writeFileSync(`${file()}-wal`, wal);
    await using storage = await openStorage({ directory });
    expect(await storage.forHub("local").devices.find("d1")).toBeDefined();
    await storage[Symbol.asyncDispose]();
    // Cut in the middle of its last transaction, the log does not have it.
    writeFileSync(file(), whole.subarray(0, 8192));
    writeFileSync(`${file()}-wal`, wal.subarray(0, wal.length - 5000));
    await expectRefusal("damaged", "its end is missing");
  });
});

test("a newer event log leaves an older state database as it was", async () => {
  mkdirSync(directory, { recursive: true });
  const database = connect(path.join(directory, "events.db"));
  database.pragma(`application_id = ${EVENTS_DATABASE.applicationId}`);
  database.pragma("user_version = 9999");
  database.close();
  await expectRefusal("newerDatabase", "events.db");
  expect(existsSync(path.join(directory, "state.db"))).toBe(false);
});

function fill(): void {
  cpSync(filled.path, directory, { recursive: true });
}

/** The content of a database, and a log that holds every page of it. */
function crashWithLog(file: string): [whole: Buffer, log: Buffer] {
  const database = connect(file);
  database.pragma("wal_autocheckpoint = 0");
  database.exec("VACUUM");
  const [main, log] = [readFileSync(file), readFileSync(`${file}-wal`)];
  database.close();
  return [main, log];
}

async function expectRefusal(code: string, message: string): Promise<void> {
  const before = snapshot();
  const opened = openStorage({ directory });
  await expect(opened).rejects.toMatchObject({ name: "StorageError", code });
  await expect(opened).rejects.toThrow(message);
  expect(snapshot()).toEqual(before);
}

/** The lock says nothing about what is stored. */
function snapshot() {
  return readdirSync(directory)
    .filter((name) => name !== "lock.db")
    .toSorted()
    .map((name) => {
      const file = path.join(directory, name);
      const content = createHash("sha256").update(readFileSync(file)).digest("hex");
      return { name, content, mode: statSync(file).mode & 0o777 };
    });
}
