import { chmod, mkdir, open, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { RunningCommand, TemporaryDirectory } from "@larimar/testkit";
import {
  ServerProcess,
  makeTemporaryDirectory,
  runCommand,
  snapshotDirectory,
} from "@larimar/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const FREE_PORTS = ["--mqtt-port", "0", "--amqp-port", "0", "--https-port", "0"];
const ON_LOOPBACK = ["--bind", "127.0.0.1", ...FREE_PORTS];
const READY = /^Larimar is ready/m;
const READY_MS_MAX = 30_000;

let temporary: TemporaryDirectory;
let data: string;
beforeEach(async () => {
  temporary = await makeTemporaryDirectory();
  data = path.join(temporary.path, "data");
});
afterEach(() => temporary[Symbol.asyncDispose]());

const start = (...args: string[]) => runCommand(["start", "--data", data, ...args]);

/** What a start that fails must look like: the exit code, nothing on stdout, whole lines on stderr. */
async function expectFailure(command: RunningCommand, code: number): Promise<string[]> {
  expect(await command.ended).toEqual({ code, signal: null });
  expect(command.stdout).toBe("");
  expect(command.stderr).not.toMatch(/^\s+at |node:internal/m);
  const lines = command.stderr.trimEnd().split("\n");
  for (const line of lines) expect(line).toMatch(/^larimar: .+\.$/);
  return lines;
}

async function withServer(use: (server: ServerProcess) => Promise<void>): Promise<void> {
  await using server = await ServerProcess.start({ dataDirectory: data });
  await use(server);
}

/** A data directory that a server has used and left. */
async function makeUsedDirectory(): Promise<Record<string, string>> {
  await withServer(async (server) => {
    await server.client().createDevice("d1");
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
  return snapshotDirectory(temporary.path);
}

describe("a start that cannot succeed says why in one line and changes nothing", () => {
  test("when a port is taken", async () => {
    await using other = await makeTemporaryDirectory();
    await using server = await ServerProcess.start({ dataDirectory: other.path });
    const { amqp } = server.connection.ports;
    const ports = ["--mqtt-port", "0", "--amqp-port", String(amqp), "--https-port", "0"];
    const lines = await expectFailure(start("--bind", "127.0.0.1", ...ports), 1);
    expect(lines).toEqual([
      `larimar: Port ${amqp} on 127.0.0.1 is taken by another program; choose another with --amqp-port.`,
    ]);
    expect(await snapshotDirectory(temporary.path)).toEqual({});
  });

  test("when the data directory is in use by another server, which is not disturbed", async () => {
    await withServer(async (server) => {
      const before = Object.keys(await snapshotDirectory(temporary.path));
      const lines = await expectFailure(start(...ON_LOOPBACK), 1);
      expect(lines).toEqual([`larimar: The data directory '${data}' is in use by another server.`]);
      expect(Object.keys(await snapshotDirectory(temporary.path))).toEqual(before);
      await server.client().createDevice("after");
    });
  });

  test("when the data directory is a file", async () => {
    await writeFile(data, "mine");
    const [line, ...more] = await expectFailure(start(...ON_LOOPBACK), 1);
    expect(line).toContain(`'${data}' cannot be written`);
    expect(more).toEqual([]);
    expect(await readFile(data, "utf8")).toBe("mine");
  });

  test("when the data directory may not be written", async () => {
    await mkdir(data);
    await chmod(temporary.path, 0o755);
    await chmod(data, 0o555);
    // The permissions of files do not stop root.
    const uid = process.getuid?.() === 0 ? 65_534 : undefined;
    const command = runCommand(["start", "--data", data, ...ON_LOOPBACK], {
      ...(uid !== undefined && { uid }),
    });
    const [line, ...more] = await expectFailure(command, 1);
    expect(line).toContain(`'${data}' cannot be written`);
    expect(more).toEqual([]);
    expect(await snapshotDirectory(data)).toEqual({});
  });

  test.each(["state.db", "events.db"])("when %s is damaged", async (name) => {
    await makeUsedDirectory();
    await writeFile(path.join(data, name), "this is no database, whatever it was before\n");
    const before = await snapshotDirectory(temporary.path);
    const [line, ...more] = await expectFailure(start(...ON_LOOPBACK), 1);
    expect(line).toContain(`'${path.join(data, name)}' is damaged`);
    expect(more).toEqual([]);
    expect(await snapshotDirectory(temporary.path)).toEqual(before);
  });

  test.each(["state.db", "events.db"])("when %s was written by a newer version", async (name) => {
    await makeUsedDirectory();
    await setUserVersion(path.join(data, name), 9999);
    const before = await snapshotDirectory(temporary.path);
    const [line, ...more] = await expectFailure(start(...ON_LOOPBACK), 1);
    expect(line).toContain(`'${path.join(data, name)}' was written by a newer version`);
    expect(more).toEqual([]);
    expect(await snapshotDirectory(temporary.path)).toEqual(before);
  });

  test("when its own certificate cannot be read", async () => {
    const missing = path.join(temporary.path, "missing.pem");
    const command = start(...ON_LOOPBACK, "--cert", missing, "--key", missing);
    expect(await expectFailure(command, 1)).toEqual([
      `larimar: '${missing}' cannot be read (ENOENT).`,
    ]);
    expect(await snapshotDirectory(temporary.path)).toEqual({});
  });

  test("when options make no sense, all of them named, with the exit code for bad usage", async () => {
    const command = runCommand(["start", "--data", data, "--mqtt-port", "x", "--hubs", "y"], {
      env: { LARIMAR_LOG_LEVEL: "loud" },
    });
    expect(await expectFailure(command, 2)).toEqual([
      "larimar: --hubs is not an option.",
      "larimar: 'y' is not expected here.",
      "larimar: --mqtt-port must be a whole number from 0 to 65535.",
      "larimar: LARIMAR_LOG_LEVEL must be trace, debug, info, warn, error or silent.",
    ]);
    expect(await snapshotDirectory(temporary.path)).toEqual({});
  });
});

describe("a start that succeeds", () => {
  test("prints what to paste, then the ready line, when connection.json is written", async () => {
    await withServer(async ({ connection, output }) => {
      const [hub] = connection.hubs;
      for (const text of [
        hub!.connectionStrings["iothubowner"]!,
        hub!.events.connectionString,
        `export NODE_EXTRA_CA_CERTS=${connection.caFile}`,
        `larimar device create my-device --data ${data}`,
        path.join(data, "connection.json"),
      ]) {
        expect(output).toContain(text);
      }
      expect(output.trimEnd().split("\n").at(-1)).toMatch(READY);
    });
  });

  test("takes up where a killed server left off", async () => {
    await withServer(async (server) => {
      await server.client().createDevice("d1");
      const before = server.connection.hubs;
      expect(await server.kill()).toEqual({ code: null, signal: "SIGKILL" });
      await server.start();
      expect(server.connection.hubs[0]?.connectionStrings).toEqual(before[0]?.connectionStrings);
      const found = await server.client().call({ method: "GET", path: "/devices/d1" });
      expect(found.status).toBe(200);
    });
  });

  test("with --ephemeral leaves no file anywhere it says", async () => {
    const command = runCommand(["start", "--ephemeral", ...ON_LOOPBACK], { cwd: temporary.path });
    expect(await command.waitForOutput(READY, READY_MS_MAX)).toBe(true);
    const file = /for programs: (.+connection\.json)$/m.exec(command.stdout)?.[1] ?? "";
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    command.child.kill("SIGTERM");
    expect(await command.ended).toEqual({ code: 0, signal: null });
    await expect(stat(path.dirname(file))).rejects.toMatchObject({ code: "ENOENT" });
    expect(await snapshotDirectory(temporary.path)).toEqual({});
  });

  test("takes its options from a config file", async () => {
    const config = path.join(temporary.path, "larimar.json");
    const ports = { mqttPort: 0, amqpPort: 0, httpsPort: 0 };
    await writeFile(config, JSON.stringify({ data, bind: "127.0.0.1", hub: ["plant"], ...ports }));
    const command = runCommand(["start", "--config", config]);
    expect(await command.waitForOutput(READY, READY_MS_MAX)).toBe(true);
    expect(command.stdout).toContain("\nHub plant\n");
    command.child.kill("SIGTERM");
    expect(await command.ended).toEqual({ code: 0, signal: null });
  });
});

describe("a signal", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s shuts the server down cleanly", async (signal) => {
    await withServer(async (server) => {
      expect(await server.signal(signal)).toEqual({ code: 0, signal: null });
      // Closed properly, a database has no log left beside it.
      const files = Object.keys(await snapshotDirectory(data));
      expect(files.filter((name) => /-(?:wal|shm)$/.test(name))).toEqual([]);
    });
  });

  test("that comes twice, as from a terminal and npm, still shuts it down cleanly", async () => {
    await withServer(async (server) => {
      const first = server.signal("SIGINT");
      const second = server.signal("SIGINT");
      expect(await first).toEqual({ code: 0, signal: null });
      expect(await second).toEqual({ code: 0, signal: null });
    });
  });

  test("during the start ends it without leaving the directory locked", async () => {
    const command = start(...ON_LOOPBACK);
    const appeared = async () =>
      (await stat(path.join(data, "lock.db")).catch(() => undefined)) !== undefined;
    await expect.poll(appeared, { interval: 5 }).toBe(true);
    command.child.kill("SIGTERM");
    expect(await command.ended).toEqual({ code: 0, signal: null });
    await withServer(async (server) => {
      expect((await server.client().call({ method: "GET", path: "/devices" })).status).toBe(200);
    });
  });
});

/** The header of every SQLite file has it at byte 60. */
async function setUserVersion(file: string, version: number): Promise<void> {
  const handle = await open(file, "r+");
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(version);
  await handle.write(bytes, 0, 4, 60);
  await handle.close();
}
