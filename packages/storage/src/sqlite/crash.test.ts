import path from "node:path";
import type { DeviceStore } from "@larimar/domain";
import { expect, test } from "vitest";
import { PARTITIONS, payloadOf, startCrashRun } from "../fixtures/crash-run.fixture.ts";
import { readAll } from "../fixtures/records.fixture.ts";
import { makeTemporaryDirectory } from "../fixtures/temporary-directory.fixture.ts";
import { openStorage } from "./open-storage.ts";

const KILLS = 5;
const HUB = {
  name: "hub",
  partitionCount: PARTITIONS,
  eventRetention: { ageMs: 86_400_000, bytesMax: 1e9 },
};

test("SIGKILL at any moment loses nothing that was acknowledged, and frees the directory", async () => {
  using directory = makeTemporaryDirectory();
  using names = makeTemporaryDirectory();
  const acknowledged = new Set<string>();
  for (let run = 0; run < KILLS; run += 1) {
    const namesFile = path.join(names.path, `${run}`);
    using crash = startCrashRun(directory.path, namesFile, run);
    await crash.hasAcknowledged(1 + run * run * 100);
    await expect(openStorage({ directory: directory.path })).rejects.toMatchObject({
      code: "inUse",
    });
    for (const name of await crash.kill()) acknowledged.add(name);
    // Read back after every kill and not only after the last, so that both openings take turns.
    await expectEverything(directory.path, acknowledged);
  }
}, 300_000);

async function expectEverything(
  directory: string,
  acknowledged: ReadonlySet<string>,
): Promise<void> {
  await using storage = await openStorage({ directory });
  const log = await storage.openEventLog(HUB);
  const stored = new Set<string>();
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const events = await readAll(log, partition, 1_000_000);
    expect(events.map(({ position }) => position)).toEqual([...events.keys()]);
    const names = events.map(({ text }) => text.split(":", 1)[0]!);
    expect(events.map(({ text }) => text)).toEqual(names.map(payloadOf));
    expect(namesOutOfPlace(names, partition)).toEqual([]);
    for (const name of names) stored.add(name);
  }
  const { devices } = storage.forHub("hub");
  const ids = await idsOf(devices);
  expect(await devices.count()).toMatchObject({ total: ids.length });
  for (const id of ids) stored.add(id);
  expect([...acknowledged].filter((name) => !stored.has(name))).toEqual([]);
}

/** Those in the wrong partition, and those that do not follow the one their sender sent before. */
function namesOutOfPlace(names: readonly string[], inPartition: number): readonly string[] {
  const latest = new Map<string, number>();
  return names.filter((name) => {
    const [, run, partition, sender, round, index] = name.split("-");
    const place = Number(round) * 3 + Number(index);
    const isNext = place === (latest.get(`${run}-${sender}`) ?? -1) + 1;
    latest.set(`${run}-${sender}`, place);
    return !isNext || Number(partition) !== inPartition;
  });
}

async function idsOf(devices: DeviceStore): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let after = ""; ; after = ids.at(-1)!) {
    const page = await devices.list({ after, limit: 1000 });
    if (page.length === 0) return ids;
    ids.push(...page.map(({ deviceId }) => deviceId));
  }
}
