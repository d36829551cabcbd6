import { EventEmitter, once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ConnectionInfo } from "@larimar/server";
import { HubClient, ServerProcess } from "@larimar/testkit";
import { expect, test } from "vitest";
import { administer } from "../support/administer.ts";

const ADDRESS = "127.0.0.143";
const KILLS = 8;
/** While one is answered, the server is in the middle of what it does for the others. */
const OPERATORS = 3;

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
      const answers = new EventEmitter();
      const work = Array.from({ length: OPERATORS }, (_, operator) =>
        comeAndGo(server.connection, { prefix: `hub-${round}-${operator}`, hubs, answers }),
      );
      // Each server lives for one answer more than the one before.
      for (let answer = 0; answer <= round; answer++) await once(answers, "answer");
      await server.kill();
      await Promise.all(work);
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
  options: { prefix: string; hubs: Map<string, Known>; answers: EventEmitter },
): Promise<void> {
  const { prefix, hubs, answers } = options;
  try {
    for (let i = 0; ; i++) {
      const name = `${prefix}-${i}`;
      const known: Known = {};
      hubs.set(name, known);
      if ((await administer(connection, "PUT", `/IotHubs/${name}`)) !== 201) return;
      known.isCreated = true;
      answers.emit("answer");
      const now = await readAgain(connection);
      await HubClient.fromConnection(now, { hubName: name, address: ADDRESS }).createDevice(
        "press",
      );
      known.hasDevice = true;
      answers.emit("answer");
      if (i % 2 === 0) continue;
      known.isDeletionAsked = true;
      if ((await administer(connection, "DELETE", `/IotHubs/${name}`)) === 200) {
        known.isDeleted = true;
        answers.emit("answer");
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
