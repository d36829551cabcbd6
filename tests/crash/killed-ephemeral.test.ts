import { readdir } from "node:fs/promises";
import { makeTemporaryDirectory, runCommand, type RunningCommand } from "@larimar/testkit";
import { expect, test } from "vitest";

const ADDRESS = "127.0.0.161";
const PLACE = ["--bind", ADDRESS, "--host", ADDRESS];
const PORTS = ["--mqtt-port", "0", "--amqp-port", "0", "--https-port", "0"];
const READY = /^Larimar is ready/m;
const READY_MS_MAX = 60_000;
/** One for what is stored, one for what clients need. */
const DIRECTORIES = 2;

test("what ephemeral servers left that were killed is gone with the next one, and that of others is not", async () => {
  await using temporary = await makeTemporaryDirectory();
  const started: RunningCommand[] = [];
  const start = async (): Promise<RunningCommand> => {
    const env = { TMPDIR: temporary.path };
    const server = runCommand(["start", "--ephemeral", ...PLACE, ...PORTS], { env });
    started.push(server);
    if (await server.waitForOutput(READY, READY_MS_MAX)) return server;
    throw new Error(`The server did not get ready: ${server.stdout}${server.stderr}`);
  };
  const kill = async (server: RunningCommand): Promise<void> => {
    server.child.kill("SIGKILL");
    await server.ended;
  };
  const directories = async (): Promise<string[]> =>
    (await readdir(temporary.path)).filter((name) => name.startsWith("larimar-")).toSorted();
  try {
    const lives = await start();
    const ofLiving = await directories();
    expect(ofLiving).toHaveLength(DIRECTORIES);
    await kill(await start());
    const left = (await directories()).filter((name) => !ofLiving.includes(name));
    expect(left).toHaveLength(DIRECTORIES);
    // Several at once look at each other's directories while they are made.
    const together = await Promise.all([start(), start(), start()]);
    await expect.poll(directories).toHaveLength((1 + together.length) * DIRECTORIES);
    const there = await directories();
    expect(there).toEqual(expect.arrayContaining(ofLiving));
    expect(there.filter((name) => left.includes(name))).toEqual([]);
    for (const server of [lives, ...together]) {
      server.child.kill("SIGTERM");
      expect(await server.ended).toEqual({ code: 0, signal: null });
    }
    expect(await directories()).toEqual([]);
  } finally {
    for (const server of started) await kill(server);
  }
});
