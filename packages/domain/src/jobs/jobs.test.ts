import { describe, expect, test } from "vitest";
import {
  ManualClock,
  MemoryDeviceJobStore,
  MemoryJobStore,
  openTestSession,
} from "../fixtures/index.fixture.ts";
import {
  MemoryDeviceStore,
  MemoryTwinStore,
  createTestHub,
  settle,
} from "../fixtures/index.fixture.ts";
import { testSettings } from "../fixtures/test-hub.fixture.ts";
import { DEFAULT_HUB_RESOURCE } from "../hubs/hub-resource.ts";
import type { Hub, HubParts } from "../hubs/hub.ts";
import type { MethodInlet, MethodResponse } from "../sessions/inlets.ts";
import type { DeviceJob, JobRequest } from "./job.ts";
import { DEFAULT_JOB_LIMITS } from "./job-limits.ts";

const MINUTE_MS = 60_000;

function job(jobId: string, changes: Partial<JobRequest> = {}): JobRequest {
  return {
    jobId,
    queryCondition: "*",
    task: { type: "scheduleUpdateTwin", patch: { tags: { hall: 3 } }, condition: "any" },
    told: {},
    startAtMs: undefined,
    executionTimeMaxMs: MINUTE_MS,
    ...changes,
  };
}

const reboot: JobRequest["task"] = {
  type: "scheduleDeviceMethod",
  name: "reboot",
  payload: { delay: 1 },
  responseTimeoutMs: 5000,
};

async function setUp(deviceIds: readonly string[], overrides: Partial<HubParts> = {}) {
  const { hub, clock } = createTestHub(overrides);
  for (const deviceId of deviceIds) await hub.devices.create({ deviceId });
  return { hub, clock };
}

function connect(hub: Hub, deviceId: string, methods: MethodInlet) {
  const session = openTestSession(hub, { deviceId });
  session.methods = methods;
  return session;
}

/** Counts how often it is asked, and answers when `answer` is called, or at once. */
function device(answersAtOnce = true) {
  const response: MethodResponse = { status: 200, payload: { ok: true } };
  const state = { asked: 0, answer: (): void => {} };
  const inlet: MethodInlet = {
    invoke: () => {
      state.asked += 1;
      const promise = new Promise<MethodResponse>((resolve) => {
        state.answer = () => resolve(response);
      });
      if (answersAtOnce) state.answer();
      return { response: promise, abandon: () => {} };
    },
  };
  return { state, inlet };
}

const tags = async (hub: Hub, deviceId: string) => (await hub.twins.get({ deviceId })).tags;

describe("a job", () => {
  test("changes the twins of all devices it is for", async () => {
    const { hub } = await setUp(["a", "b", "c"]);
    const begun = await hub.jobs.schedule(job("j1", { queryCondition: "deviceId IN ['a', 'c']" }));
    expect(begun.job.status).toBe("queued");
    await settle();
    const { job: ended, counts } = await hub.jobs.get("j1");
    expect(ended).toMatchObject({ status: "completed", failureReason: undefined });
    expect(ended.endedAtMs).toBeGreaterThan(0);
    expect(counts).toEqual({ pending: 0, running: 0, completed: 2, failed: 0, canceled: 0 });
    expect(await tags(hub, "a")).toEqual({ hall: 3 });
    expect(await tags(hub, "b")).toEqual({});
    expect(await tags(hub, "c")).toEqual({ hall: 3 });
  });

  test("is for modules, when it says so", async () => {
    const { hub } = await setUp(["a"]);
    await hub.modules.create({ deviceId: "a", moduleId: "camera" });
    const queryCondition = "FROM devices.modules WHERE moduleId = 'camera'";
    await hub.jobs.schedule(job("j1", { queryCondition }));
    await settle();
    expect(await tags(hub, "a")).toEqual({});
    expect((await hub.twins.get({ deviceId: "a", moduleId: "camera" })).tags).toEqual({ hall: 3 });
  });

  test("begins when its time has come", async () => {
    const { hub, clock } = await setUp(["a"]);
    const farAway = 60 * 24 * 60 * MINUTE_MS;
    await hub.jobs.schedule(job("far", { startAtMs: clock.now() + farAway }));
    await hub.jobs.schedule(job("near", { startAtMs: clock.now() + MINUTE_MS }));
    await clock.advance(MINUTE_MS - 1);
    expect((await hub.jobs.get("near")).job.status).toBe("queued");
    await clock.advance(1);
    await settle();
    expect((await hub.jobs.get("near")).job.status).toBe("completed");
    expect((await hub.jobs.get("far")).job.status).toBe("queued");
    await clock.advance(farAway);
    expect((await hub.jobs.get("far")).job.status).toBe("completed");
  });

  test("goes on when a device refuses, and tells why it did", async () => {
    const { hub } = await setUp(["a", "b"]);
    const { etag } = await hub.twins.get({ deviceId: "a" });
    await hub.twins.update({ deviceId: "b" }, { tags: { other: 1 } }, "any");
    await hub.jobs.schedule(
      job("j1", {
        task: { type: "scheduleUpdateTwin", patch: { tags: { hall: 3 } }, condition: { etag } },
      }),
    );
    await settle();
    const { job: ended, counts } = await hub.jobs.get("j1");
    expect(ended.status).toBe("completed");
    expect(counts).toMatchObject({ completed: 1, failed: 1 });
    expect(await tags(hub, "b")).toEqual({ other: 1 });
  });

  test("with a patch of nothing is done with every device", async () => {
    const { hub } = await setUp(["a"]);
    const before = await hub.twins.get({ deviceId: "a" });
    await hub.jobs.schedule(
      job("j1", { task: { type: "scheduleUpdateTwin", patch: {}, condition: "any" } }),
    );
    await settle();
    expect((await hub.jobs.get("j1")).counts.completed).toBe(1);
    expect((await hub.twins.get({ deviceId: "a" })).version).toBe(before.version);
  });

  test("invokes a method and keeps what the device says", async () => {
    const deviceJobs = new MemoryDeviceJobStore(new MemoryTwinStore());
    const { hub } = await setUp(["a"], { deviceJobs });
    const { inlet, state } = device();
    connect(hub, "a", inlet);
    const heard: DeviceJob["status"][] = [];
    using _observing = hub.observers.add({ deviceJobChanged: ({ status }) => heard.push(status) });
    await hub.jobs.schedule(job("j1", { task: reboot }));
    await settle();
    expect((await hub.jobs.get("j1")).job.status).toBe("completed");
    expect(await deviceJobs.find("j1", { deviceId: "a" })).toMatchObject({
      status: "completed",
      response: { status: 200, payload: { ok: true } },
    });
    expect(state.asked).toBe(1);
    expect(heard).toEqual(["running", "completed"]);
  });

  test("waits for devices to come, and fails those that do not", async () => {
    const deviceJobs = new MemoryDeviceJobStore(new MemoryTwinStore());
    const { hub, clock } = await setUp(["here", "late", "never"], { deviceJobs });
    const [here, late] = [device(), device()];
    connect(hub, "here", here.inlet);
    await hub.jobs.schedule(job("j1", { task: reboot }));
    await settle();
    expect((await hub.jobs.get("j1")).counts).toMatchObject({ completed: 1, pending: 2 });
    connect(hub, "late", late.inlet);
    connect(hub, "late", late.inlet);
    await settle();
    expect((await hub.jobs.get("j1")).counts).toMatchObject({ completed: 2, pending: 1 });
    await clock.advance(MINUTE_MS);
    await settle();
    const { job: ended, counts } = await hub.jobs.get("j1");
    expect(ended.status).toBe("completed");
    expect(counts).toMatchObject({ completed: 2, failed: 1 });
    expect(await deviceJobs.find("j1", { deviceId: "never" })).toMatchObject({
      error: { code: "JobRunPreconditionFailed" },
    });
    expect([here.state.asked, late.state.asked]).toEqual([1, 1]);
  });

  test("asks no more devices at once than it may", async () => {
    const limits = { ...DEFAULT_JOB_LIMITS, methodsInFlightMax: 2 };
    const ids = ["a", "b", "c"];
    const { hub } = await setUp(ids, { jobLimits: limits });
    const devices = ids.map((id) => {
      const one = device(false);
      connect(hub, id, one.inlet);
      return one.state;
    });
    await hub.jobs.schedule(job("j1", { task: reboot }));
    await settle();
    expect(devices.map(({ asked }) => asked)).toEqual([1, 1, 0]);
    expect((await hub.jobs.get("j1")).counts).toMatchObject({ running: 2, pending: 1 });
    devices[0]!.answer();
    await settle();
    expect(devices.map(({ asked }) => asked)).toEqual([1, 1, 1]);
    for (const { answer } of devices) answer();
    await settle();
    expect((await hub.jobs.get("j1")).job.status).toBe("completed");
  });

  test("keeps to the pace of the hub", async () => {
    const limits = { ...DEFAULT_JOB_LIMITS, deviceOperationsPerSecondMax: 10 };
    const { hub, clock } = await setUp(["a", "b", "c"], { jobLimits: limits });
    await hub.jobs.schedule(job("j1"));
    await settle();
    expect((await hub.jobs.get("j1")).counts.completed).toBe(1);
    await clock.advance(100);
    expect((await hub.jobs.get("j1")).counts.completed).toBe(2);
    await clock.advance(100);
    await settle();
    expect((await hub.jobs.get("j1")).job.status).toBe("completed");
  });
});

describe("cancelling a job", () => {
  test("before its time leaves nothing to do", async () => {
    const { hub, clock } = await setUp(["a"]);
    await hub.jobs.schedule(job("j1", { startAtMs: clock.now() + MINUTE_MS }));
    expect((await hub.jobs.cancel("j1")).job.status).toBe("cancelled");
    await clock.advance(2 * MINUTE_MS);
    expect(await tags(hub, "a")).toEqual({});
    await expect(hub.jobs.cancel("j1")).rejects.toMatchObject({ code: "JobOver" });
  });

  test("lets go of those that wait, and leaves those that have their turn to it", async () => {
    const { hub } = await setUp(["a", "away"]);
    const { inlet, state } = device(false);
    connect(hub, "a", inlet);
    await hub.jobs.schedule(job("j1", { task: reboot }));
    await settle();
    expect((await hub.jobs.cancel("j1")).job.status).toBe("cancelled");
    await settle();
    expect((await hub.jobs.get("j1")).counts).toMatchObject({ running: 1, canceled: 1 });
    const late = device();
    connect(hub, "away", late.inlet);
    state.answer();
    await settle();
    const { job: ended, counts } = await hub.jobs.get("j1");
    expect(ended).toMatchObject({ status: "cancelled", phase: "over" });
    expect(counts).toMatchObject({ completed: 1, canceled: 1 });
    expect(late.state.asked).toBe(0);
  });

  test("that nobody knows, or that is over, is refused", async () => {
    const { hub } = await setUp([]);
    await expect(hub.jobs.cancel("j1")).rejects.toMatchObject({ code: "JobNotFound" });
    await hub.jobs.schedule(job("j1"));
    await settle();
    await expect(hub.jobs.cancel("j1")).rejects.toMatchObject({ code: "JobOver" });
  });
});

describe("a restart", () => {
  /** What is on disk, and hubs that begin with it. */
  function disk() {
    const twins = new MemoryTwinStore();
    return {
      clock: new ManualClock(),
      devices: new MemoryDeviceStore(),
      twins,
      jobs: new MemoryJobStore(),
      deviceJobs: new MemoryDeviceJobStore(twins),
    };
  }

  test("takes up a job where it was, and never asks a device twice", async () => {
    const kept = disk();
    const { hub: first } = await setUp(["done", "asked", "away"], kept);
    const [done, asked, away] = [device(), device(false), device()];
    connect(first, "done", done.inlet);
    connect(first, "asked", asked.inlet);
    await first.jobs.schedule(job("j1", { task: reboot }));
    await settle();
    await first[Symbol.asyncDispose]();
    asked.state.answer();
    await settle();

    const { hub: second } = await setUp([], kept);
    for (const [id, { inlet }] of Object.entries({ done, asked, away })) connect(second, id, inlet);
    await settle();
    const { job: ended, counts } = await second.jobs.get("j1");
    expect(ended.status).toBe("completed");
    expect(counts).toMatchObject({ completed: 2, failed: 1, pending: 0 });
    expect([done.state.asked, asked.state.asked, away.state.asked]).toEqual([1, 1, 1]);
    expect(await kept.deviceJobs.find("j1", { deviceId: "asked" })).toMatchObject({
      status: "failed",
      error: { code: "Interrupted" },
    });
  });

  test("goes on choosing devices, and changes no twin twice", async () => {
    const kept = disk();
    const { hub: first } = await setUp(["a", "b"], kept);
    await first.jobs.schedule(job("j1"));
    await settle();
    await first[Symbol.asyncDispose]();
    const { job: ended } = await first.jobs.get("j1");
    const before = await kept.twins.find({ deviceId: "a" });
    // As if it had ended in the middle of choosing.
    await kept.jobs.update(
      { ...ended, status: "running", phase: "selecting", endedAtMs: 0 },
      "over",
    );
    const { hub: second } = await setUp(["c"], kept);
    await settle();
    expect((await second.jobs.get("j1")).counts.completed).toBe(3);
    expect((await kept.twins.find({ deviceId: "a" }))?.version).toBe(before?.version);
    expect(await tags(second, "c")).toEqual({ hall: 3 });
  });

  test("lets go of what waits in a job that was being cancelled", async () => {
    const kept = disk();
    const { hub: first } = await setUp(["away"], kept);
    await first.jobs.schedule(job("j1", { task: reboot }));
    await settle();
    await first[Symbol.asyncDispose]();
    const { job: running } = await first.jobs.get("j1");
    await kept.jobs.update({ ...running, status: "cancelled", phase: "ending" }, "running");
    const { hub: second } = await setUp([], kept);
    await settle();
    expect(await second.jobs.get("j1")).toMatchObject({
      job: { status: "cancelled", phase: "over" },
      counts: { canceled: 1, pending: 0 },
    });
  });
});

describe("the hub", () => {
  test("refuses jobs with ids, times and conditions that are none", async () => {
    const { hub } = await setUp([]);
    const invalid = { code: "ArgumentInvalid" };
    for (const jobId of ["", "a b", "a/b", "x".repeat(65), "ä"]) {
      await expect(hub.jobs.schedule(job(jobId))).rejects.toMatchObject(invalid);
    }
    for (const executionTimeMaxMs of [0, -1, Number.NaN, 1e15]) {
      await expect(hub.jobs.schedule(job("j", { executionTimeMaxMs }))).rejects.toMatchObject(
        invalid,
      );
    }
    for (const queryCondition of ["", " ", "tags.x >", "FROM devices.jobs", "x".repeat(8193)]) {
      await expect(hub.jobs.schedule(job("j", { queryCondition }))).rejects.toMatchObject(invalid);
    }
    expect(
      await hub.jobs.list({ type: undefined, status: undefined, after: undefined, limit: 9 }),
    ).toEqual({ jobs: [], next: undefined });
  });

  test("refuses an id that is taken, and more jobs than it may have", async () => {
    const { hub, clock } = await setUp([], {
      jobLimits: { ...DEFAULT_JOB_LIMITS, activeJobsMax: 2 },
    });
    const startAtMs = clock.now() + MINUTE_MS;
    await hub.jobs.schedule(job("j1", { startAtMs }));
    await expect(hub.jobs.schedule(job("j1"))).rejects.toMatchObject({ code: "JobAlreadyExists" });
    await hub.jobs.schedule(job("j2", { startAtMs }));
    await expect(hub.jobs.schedule(job("j3"))).rejects.toMatchObject({ code: "TooManyJobs" });
    await hub.jobs.cancel("j2");
    await hub.jobs.schedule(job("j3"));
  });

  test("runs a few jobs at once, and the others when there is room", async () => {
    const jobLimits = { ...DEFAULT_JOB_LIMITS, runningJobsMax: 1 };
    const { hub } = await setUp(["a"], { jobLimits });
    const { inlet, state } = device(false);
    connect(hub, "a", inlet);
    await hub.jobs.schedule(job("j1", { task: reboot }));
    await hub.jobs.schedule(job("j2"));
    await settle();
    expect((await hub.jobs.get("j2")).job.status).toBe("queued");
    state.answer();
    await settle();
    expect((await hub.jobs.get("j2")).job.status).toBe("completed");
  });

  test("that is held to its tier takes as many jobs at once, and gives as many turns, as that has", async () => {
    const settings = testSettings({
      resource: { ...DEFAULT_HUB_RESOURCE, tier: "S1" },
    });
    const { hub, clock } = createTestHub({ enforcesTier: true }, settings);
    for (const deviceId of ["a", "b"]) await hub.devices.create({ deviceId });
    await hub.jobs.schedule(job("j1"));
    await settle();
    expect((await hub.jobs.get("j1")).counts.completed).toBe(1);
    await expect(hub.jobs.schedule(job("j2"))).rejects.toMatchObject({ code: "TooManyJobs" });
    await hub.jobs.schedule(job("later", { startAtMs: clock.now() + MINUTE_MS }));
    // Ten devices a second.
    await clock.advance(100);
    await settle();
    expect((await hub.jobs.get("j1")).job.status).toBe("completed");
    await hub.jobs.schedule(job("j2"));
  });

  test("forgets jobs that ended long ago", async () => {
    const { hub, clock } = await setUp(["a"]);
    await hub.jobs.schedule(job("j1"));
    await settle();
    await clock.advance(DEFAULT_JOB_LIMITS.historyMs - MINUTE_MS);
    expect((await hub.jobs.get("j1")).job.status).toBe("completed");
    await clock.advance(20 * MINUTE_MS);
    await expect(hub.jobs.get("j1")).rejects.toMatchObject({ code: "JobNotFound" });
  });

  test("tries again when its store had refused", async () => {
    const jobs = new MemoryJobStore();
    let isBroken = true;
    const store = Object.assign(Object.create(jobs) as MemoryJobStore, {
      update: async (...args: Parameters<MemoryJobStore["update"]>) => {
        if (isBroken) throw new Error("disk full");
        return jobs.update(...args);
      },
      find: (id: string) => jobs.find(id),
      add: (one: Parameters<MemoryJobStore["add"]>[0]) => jobs.add(one),
      unfinished: (limit: number) => jobs.unfinished(limit),
      countActive: () => jobs.countActive(),
    });
    const { hub, clock } = await setUp(["a"], { jobs: store });
    await hub.jobs.schedule(job("j1"));
    await settle();
    expect((await hub.jobs.get("j1")).job.status).toBe("queued");
    isBroken = false;
    await clock.advance(5000);
    await settle();
    expect((await hub.jobs.get("j1")).job.status).toBe("completed");
  });
});
