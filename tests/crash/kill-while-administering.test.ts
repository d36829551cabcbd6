import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ConnectionInfo } from "@larimar/server";
import { HubClient, ServerProcess } from "@larimar/testkit";
import { expect, test } from "vitest";
import { administer } from "../support/administer.ts";

const ADDRESS = "127.0.0.143";
const KILLS = 8;
const UPTIME_MS_STEP = 90;

/** What is known of a hub from the answers that came. */
interface Known {
  isCreated?: true;
  hasDevice?: true;
  isDeletionAsked?: true;
  isDeleted?: true;
}

test("killed with SIGKILL between hubs that come and go, the server starts, and each is there or not", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "larimar-hubs-"));
  const server = new ServerProcess({ dataDirectory: directory, address: ADDRESS });
  const hubs = new Map<string, Known>();
  try {
    for (let round = 0; round < KILLS; round++) {
      await server.start();
      let tell!: () => void;
      const firstCreated = new Promise<void>((resolve) => (tell = resolve));
      const work = comeAndGo(server.connection, { round, hubs, onCreated: tell });
      // Every other time in the middle of the very first hub, which takes longest.
      if (round % 2 === 1) await firstCreated;
      await new Promise((resolve) => void setTimeout(resolve, round * UPTIME_MS_STEP));
      await server.kill();
      await work;
    }
    await server.start();
    const { connection } = server;
    const there = new Set(connection.hubs.map(({ name }) => name));
    const outcomes = [...hubs].map(([name, known]) => ({
      name,
      ...known,
      isThere: there.has(name),
    }));
    const created = outcomes.filter(({ isCreated }) => isCreated);
    expect(created.length).toBeGreaterThanOrEqual(KILLS / 2);
    expect(created.filter(({ isDeletionAsked, isThere }) => !isDeletionAsked && !isThere)).toEqual(
      [],
    );
    expect(outcomes.filter(({ isDeleted, isThere }) => isDeleted && isThere)).toEqual([]);
    for (const { name, hasDevice, isThere } of outcomes) {
      if (!isThere) {
        // Another one of the name finds nothing of it.
        expect(await administer(connection, "PUT", `/IotHubs/${name}`)).toBe(201);
      }
      const now = await readAgain(connection);
      const client = HubClient.fromConnection(now, { hubName: name, address: ADDRESS });
      const found = await client.call({ method: "GET", path: "/devices/press" });
      if (!isThere) expect({ name, status: found.status }).toEqual({ name, status: 404 });
      else if (hasDevice) expect({ name, status: found.status }).toEqual({ name, status: 200 });
    }
  } finally {
    await server.kill();
    await rm(directory, { recursive: true, force: true });
  }
}, 240_000);

/** Makes hubs with a device in each, and deletes every other one, until the server is gone. */
async function comeAndGo(
  connection: ConnectionInfo,
  options: { round: number; hubs: Map<string, Known>; onCreated: () => void },
): Promise<void> {
  const { round, hubs, onCreated } = options;
  try {
    for (let i = 0; ; i++) {
      const name = `hub-${round}-${i}`;
      const known: Known = {};
      hubs.set(name, known);
      if ((await administer(connection, "PUT", `/IotHubs/${name}`)) !== 201) return;
      known.isCreated = true;
      onCreated();
      const now = await readAgain(connection);
      await HubClient.fromConnection(now, { hubName: name, address: ADDRESS }).createDevice(
        "press",
      );
      known.hasDevice = true;
      if (i % 2 === 0) continue;
      known.isDeletionAsked = true;
      if ((await administer(connection, "DELETE", `/IotHubs/${name}`)) === 200) {
        known.isDeleted = true;
      }
    }
  } catch {
    // The server is gone: what was not answered may have happened or not.
  }
}

/** As programs find it. */
async function readAgain(connection: ConnectionInfo): Promise<ConnectionInfo> {
  const file = path.join(path.dirname(connection.caFile), "connection.json");
  return JSON.parse(await readFile(file, "utf8")) as ConnectionInfo;
}
