import { expect, test } from "vitest";
import { job, jobStoreContract } from "../../contracts/job-store.contract.ts";
import { transferStoreContract } from "../../contracts/transfer-store.contract.ts";
import { SqliteTwinStore, TwinStatements } from "../twins/sqlite-twin-store.ts";
import { hubOwner } from "../row-owner.ts";
import { StateDatabase } from "../state-database.ts";
import { DeviceJobStatements, SqliteDeviceJobStore } from "./sqlite-device-job-store.ts";
import { JobStatements, SqliteJobStore } from "./sqlite-job-store.ts";
import { SqliteTransferStore, TransferStatements } from "./sqlite-transfer-store.ts";

function storesOf(state: StateDatabase, hubName: string) {
  const hub = hubOwner(state, hubName);
  const twins = new SqliteTwinStore(new TwinStatements(state), hub);
  return {
    jobs: new SqliteJobStore(new JobStatements(state), hub),
    deviceJobs: new SqliteDeviceJobStore(new DeviceJobStatements(state), twins, hub),
    twins,
  };
}

jobStoreContract("sqlite", async () => storesOf(new StateDatabase(":memory:"), "hub"));

test("hubs that share the database do not see each other's jobs", async () => {
  await using state = new StateDatabase(":memory:");
  const [one, other] = [storesOf(state, "one"), storesOf(state, "other")];
  await one.jobs.add(job("j1"));
  await one.deviceJobs.add(job("j1"), [{ deviceId: "a" }], 1);
  expect(await other.jobs.find("j1")).toBeUndefined();
  expect(await other.jobs.unfinished(10)).toEqual([]);
  expect(await other.jobs.countActive()).toBe(0);
  expect((await other.deviceJobs.count("j1")).pending).toBe(0);
  expect(await other.jobs.add(job("j1"))).toBe("written");
});

test("what has to be done is found by an index, however many jobs are over", async () => {
  await using state = new StateDatabase(":memory:");
  const plan = state.connection
    .prepare<[string, number], { detail: string }>(
      `EXPLAIN QUERY PLAN SELECT id FROM jobs WHERE hub = ? AND phase <> 'over'
       ORDER BY phase = 'waiting', start_at_ms, id LIMIT ?`,
    )
    .all("hub", 1);
  expect(plan.map(({ detail }) => detail).join()).toContain("jobs_by_start");
});

transferStoreContract("sqlite", async () => {
  const state = new StateDatabase(":memory:");
  return new SqliteTransferStore(new TransferStatements(state), hubOwner(state, "hub"));
});
