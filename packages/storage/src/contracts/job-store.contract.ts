import type { DeviceJob, DeviceJobStore, Job, JobStore, Twin, TwinStore } from "@larimar/domain";
import { createTwin } from "@larimar/domain";
import { describe, expect, it } from "vitest";

export interface OpenJobStores {
  readonly jobs: JobStore;
  readonly deviceJobs: DeviceJobStore;
  /** The twins that `changeWithTwin` writes to. */
  readonly twins: TwinStore;
}

export function job(jobId: string, changes: Partial<Job> = {}): Job {
  return {
    jobId,
    queryCondition: "*",
    task: { type: "scheduleUpdateTwin", patch: { tags: { hall: 3 } }, condition: "any" },
    told: { updateTwin: { tags: { hall: 3 } } },
    executionTimeMaxMs: 60_000,
    status: "queued",
    phase: "waiting",
    createdAtMs: 1,
    startAtMs: 1,
    startedAtMs: 0,
    endedAtMs: 0,
    failureReason: undefined,
    ...changes,
  };
}

const method: Extract<Job["task"], { type: "scheduleDeviceMethod" }> = {
  type: "scheduleDeviceMethod",
  name: "reboot",
  payload: undefined,
  responseTimeoutMs: 5000,
};

export function jobStoreContract(name: string, open: () => Promise<OpenJobStores>): void {
  describe(`JobStore contract: ${name}`, () => {
    it("gives back what it was given", async () => {
      const { jobs } = await open();
      const given = job("j1", { task: { ...method, payload: { ["__proto__"]: 1 } } });
      expect(await jobs.add(given)).toBe("written");
      expect(await jobs.find("j1")).toEqual(given);
      expect(await jobs.find("j2")).toBeUndefined();
    });

    it("keeps a job whose id is wanted again", async () => {
      const { jobs } = await open();
      await jobs.add(job("j1"));
      expect(await jobs.add(job("j1", { startAtMs: 2 }))).toBe("conflict");
      expect((await jobs.find("j1"))?.startAtMs).toBe(1);
    });

    it("lets one of several take a job", async () => {
      const { jobs } = await open();
      await jobs.add(job("j1"));
      const taken = job("j1", { status: "running", phase: "selecting", startedAtMs: 5 });
      expect(await jobs.update(taken, "waiting")).toBe("written");
      expect(await jobs.update(taken, "waiting")).toBe("conflict");
      expect(await jobs.update(job("j2"), "waiting")).toBe("conflict");
      expect(await jobs.find("j1")).toEqual(taken);
    });

    it("lists the newest first, page by page, by type and status", async () => {
      const { jobs } = await open();
      for (const id of ["a", "b", "c", "d"]) {
        await jobs.add(job(id, id === "b" ? { task: method } : {}));
      }
      await jobs.update(job("d", { status: "cancelled", phase: "over" }), "waiting");
      const request = { type: undefined, status: undefined, after: undefined, limit: 2 };
      const first = await jobs.list(request);
      expect(first.jobs.map(({ jobId }) => jobId)).toEqual(["d", "c"]);
      await jobs.add(job("e"));
      const second = await jobs.list({ ...request, after: first.next });
      expect(second.jobs.map(({ jobId }) => jobId)).toEqual(["b", "a"]);
      expect(second.next).toBeUndefined();
      const methods = await jobs.list({ ...request, type: "scheduleDeviceMethod" });
      expect(methods.jobs.map(({ jobId }) => jobId)).toEqual(["b"]);
      const cancelled = await jobs.list({ ...request, status: "cancelled" });
      expect(cancelled.jobs.map(({ jobId }) => jobId)).toEqual(["d"]);
    });

    it("knows what is left to do: what has begun, then what begins first", async () => {
      const { jobs } = await open();
      await jobs.add(job("late", { startAtMs: 30 }));
      await jobs.add(job("soon", { startAtMs: 20 }));
      await jobs.add(job("begun", { status: "running", phase: "running", startAtMs: 25 }));
      await jobs.add(job("letting-go", { status: "cancelled", phase: "ending", startAtMs: 40 }));
      await jobs.add(job("done", { status: "completed", phase: "over" }));
      const ids = async (limit: number) => (await jobs.unfinished(limit)).map(({ jobId }) => jobId);
      expect(await ids(10)).toEqual(["begun", "letting-go", "soon", "late"]);
      expect(await ids(2)).toEqual(["begun", "letting-go"]);
      expect(await jobs.countActive()).toBe(3);
    });

    it("removes what ended long ago, a limited number of rows at a time", async () => {
      const { jobs, deviceJobs } = await open();
      const old = job("old", { status: "completed", phase: "over", endedAtMs: 10 });
      await jobs.add(old);
      await jobs.add(job("new", { status: "completed", phase: "over", endedAtMs: 20 }));
      await jobs.add(job("open", { status: "running", phase: "running" }));
      await deviceJobs.add(old, [{ deviceId: "a" }, { deviceId: "b" }, { deviceId: "c" }], 1);
      expect(await jobs.removeEnded(20, 2)).toBe(true);
      expect(await jobs.find("old")).toBeDefined();
      expect(await jobs.removeEnded(20, 2)).toBe(true);
      expect(await jobs.find("old")).toBeUndefined();
      expect(await deviceJobs.find("old", { deviceId: "c" })).toBeUndefined();
      expect(await deviceJobs.count("old")).toMatchObject({ pending: 0 });
      expect(await jobs.removeEnded(20, 2)).toBe(false);
      expect((await jobs.find("new"))?.jobId).toBe("new");
    });
  });

  describe(`DeviceJobStore contract: ${name}`, () => {
    const done = (row: DeviceJob): DeviceJob => ({
      ...row,
      status: "completed",
      startedAtMs: 6,
      endedAtMs: 7,
      updatedAtMs: 7,
      response: { status: 200, payload: null },
    });
    const pending = (jobId: string) => ({ jobId, status: "pending" as const, after: 0, limit: 10 });

    it("adds each device once, as pending", async () => {
      const { deviceJobs } = await open();
      const keys = [{ deviceId: "b" }, { deviceId: "a" }, { deviceId: "a", moduleId: "m" }];
      await deviceJobs.add(job("j1"), keys, 5);
      const [first] = (await deviceJobs.page(pending("j1"))).deviceJobs;
      await deviceJobs.change([done(first!)], "pending");
      await deviceJobs.add(job("j1"), keys, 6);
      await deviceJobs.add(job("j2"), [{ deviceId: "a" }], 6);
      const page = await deviceJobs.page(pending("j1"));
      expect(page.deviceJobs.map(({ key }) => key)).toEqual(keys.slice(1));
      expect(page.deviceJobs[0]).toEqual({
        jobId: "j1",
        jobType: "scheduleUpdateTwin",
        key: { deviceId: "a" },
        status: "pending",
        createdAtMs: 5,
        startedAtMs: 0,
        endedAtMs: 0,
        updatedAtMs: 5,
        response: undefined,
        error: undefined,
      });
      expect(await deviceJobs.find("j1", { deviceId: "b" })).toEqual(done(first!));
      expect(await deviceJobs.count("j1")).toEqual({
        pending: 2,
        running: 0,
        completed: 1,
        failed: 0,
        canceled: 0,
      });
    });

    it("pages in the order in which devices were added", async () => {
      const { deviceJobs } = await open();
      await deviceJobs.add(job("j1"), [{ deviceId: "c" }, { deviceId: "a" }], 5);
      await deviceJobs.add(job("j1"), [{ deviceId: "b" }], 5);
      const first = await deviceJobs.page({ ...pending("j1"), limit: 2 });
      const second = await deviceJobs.page({ ...pending("j1"), after: first.last, limit: 2 });
      const ids = [...first.deviceJobs, ...second.deviceJobs].map(({ key }) => key.deviceId);
      expect(ids).toEqual(["c", "a", "b"]);
      const third = await deviceJobs.page({ ...pending("j1"), after: second.last });
      expect(third).toEqual({ deviceJobs: [], last: second.last });
    });

    it("changes those that are as expected and tells which", async () => {
      const { deviceJobs } = await open();
      await deviceJobs.add(job("j1"), [{ deviceId: "a" }, { deviceId: "b" }], 5);
      const [a, b] = (await deviceJobs.page(pending("j1"))).deviceJobs;
      const failed: DeviceJob = { ...a!, status: "failed", error: { code: "C", description: "d" } };
      expect(await deviceJobs.change([failed], "pending")).toEqual([failed]);
      expect(await deviceJobs.change([done(a!), done(b!)], "pending")).toEqual([done(b!)]);
      expect(await deviceJobs.find("j1", { deviceId: "a" })).toEqual(failed);
    });

    it("writes a twin and what came of it together, or neither", async () => {
      const { deviceJobs, twins } = await open();
      await deviceJobs.add(job("j1"), [{ deviceId: "a" }, { deviceId: "b" }], 5);
      const [a] = (await deviceJobs.page(pending("j1"))).deviceJobs;
      const twin: Twin = createTwin({ deviceId: "a" }, 0);
      await twins.put(twin, undefined);
      const next = { twin: { ...twin, version: 3, tags: { hall: 3 } }, expectedVersion: 2 };
      const stale = { ...next, expectedVersion: 1 };
      expect(await deviceJobs.changeWithTwin(done(a!), "pending", stale)).toBe("conflict");
      expect((await deviceJobs.find("j1", a!.key))?.status).toBe("pending");
      expect(await deviceJobs.changeWithTwin(done(a!), "pending", next)).toBe("written");
      expect((await deviceJobs.find("j1", a!.key))?.status).toBe("completed");
      expect(await twins.find(a!.key)).toMatchObject({ version: 3, tags: { hall: 3 } });
      const again = { twin: { ...twin, version: 4 }, expectedVersion: 3 };
      expect(await deviceJobs.changeWithTwin(done(a!), "pending", again)).toBe("over");
      expect(await twins.find(a!.key)).toMatchObject({ version: 3 });
    });
  });
}
