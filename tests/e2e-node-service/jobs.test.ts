import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type HubClient,
  HubClient as Hub,
  ServerProcess,
  type TestServer,
  startTestServer,
} from "@larimar/testkit";
import type { DeviceMethodRequest, DeviceMethodResponse } from "azure-iot-device";
import { Client } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { RegistryClient } from "../support/service-clients/registry-client.ts";

// The clients know no other ports than 443 and 8883.
const ADDRESS = "127.0.0.73";
const RESTART_ADDRESS = "127.0.0.74";
const LATER = "2040-01-01T00:00:00.000Z";
const now = (): string => new Date().toISOString();

interface JobJson {
  readonly status: string;
  readonly deviceJobStatistics: Readonly<Record<string, number>>;
}

const SHOWN = { sdk: "azure-iothub (Node)", transport: "HTTPS", feature: "jobs" } as const;

const reboot = { methodName: "reboot", payload: { delay: 1 }, responseTimeoutInSeconds: 30 };

async function jobOf(jobs: RegistryClient, jobId: string): Promise<JobJson> {
  const outcome = await jobs.call("jobs.getJob", jobId);
  if (!("body" in outcome)) throw new Error(`${outcome.error}: ${outcome.message}`);
  return outcome.body as JobJson;
}

/** Asks as the documentation of the client does: again and again. */
async function expectJob(jobs: RegistryClient, jobId: string, expected: object): Promise<void> {
  await expect.poll(() => jobOf(jobs, jobId)).toMatchObject(expected);
}

/** A device of the official SDK that counts how often it is asked to reboot. */
async function connectDevice(
  { connectionString, caPem }: { connectionString: string; caPem: string },
  answer: (response: DeviceMethodResponse) => void = (response) => response.send(200, { ok: true }),
) {
  const client = Client.fromConnectionString(connectionString, Mqtt);
  await client.setOptions({ ca: caPem });
  const asked: unknown[] = [];
  client.on("error", () => {});
  await client.open();
  client.onDeviceMethod("reboot", (request: DeviceMethodRequest, response) => {
    asked.push(request.payload);
    answer(response);
  });
  return { asked, [Symbol.asyncDispose]: async () => void (await client.close()) };
}

describe("JobClient of azure-iothub", () => {
  let server: TestServer;
  let jobs: RegistryClient;
  let hub: HubClient;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, mqttPort: 8883 },
    });
    hub = Hub.fromConnection(server.connection, { address: ADDRESS });
    const { connection } = server;
    jobs = new RegistryClient({
      connectionString: connection.hubs[0]?.connectionStrings["service"] ?? "",
      caFile: connection.caFile,
    });
  });

  afterAll(async () => {
    await jobs[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const twinOf = async (deviceId: string) => {
    const outcome = await jobs.call("getTwin", deviceId);
    return "body" in outcome ? outcome.body : outcome;
  };

  test("changes the twins of many devices", cell(SHOWN), async () => {
    const ids = Array.from({ length: 30 }, (_, i) => `twin-${i}`);
    for (const id of ids) await hub.createDevice(id);
    const condition = `deviceId IN [${ids.map((id) => `'${id}'`).join()}]`;
    const patch = { etag: "*", tags: { hall: 3 }, properties: { desired: { fan: "on" } } };
    const scheduled = await jobs.call("jobs.scheduleTwinUpdate", "t1", condition, patch, now(), 60);
    expect(scheduled).toMatchObject({
      status: 200,
      body: {
        jobId: "t1",
        type: "scheduleUpdateTwin",
        queryCondition: condition,
        updateTwin: patch,
        maxExecutionTimeInSeconds: 60,
      },
    });
    await expectJob(jobs, "t1", { status: "completed" });
    expect((await jobOf(jobs, "t1")).deviceJobStatistics).toEqual({
      deviceCount: 30,
      succeededCount: 30,
      failedCount: 0,
      runningCount: 0,
      pendingCount: 0,
    });
    expect(await twinOf("twin-29")).toMatchObject({
      tags: { hall: 3 },
      properties: { desired: { fan: "on" } },
    });
  });

  test("invokes a method, also of a device that comes later", cell(SHOWN), async () => {
    const [here, late] = await Promise.all(["here", "late"].map((id) => hub.createDevice(id)));
    const { caPem } = hub;
    await using first = await connectDevice({ ...here!, caPem });
    const condition = "deviceId IN ['here', 'late']";
    await jobs.call("jobs.scheduleDeviceMethod", "m1", condition, reboot, now(), 60);
    await expectJob(jobs, "m1", { deviceJobStatistics: { succeededCount: 1 } });
    await using second = await connectDevice({ ...late!, caPem });
    await expectJob(jobs, "m1", {
      status: "completed",
      deviceJobStatistics: { succeededCount: 2, failedCount: 0 },
    });
    expect([first.asked, second.asked]).toEqual([[{ delay: 1 }], [{ delay: 1 }]]);
  });

  test("fails devices that do not come in the job's time", cell(SHOWN), async () => {
    await hub.createDevice("never");
    const condition = "deviceId = 'never'";
    await jobs.call("jobs.scheduleDeviceMethod", "m2", condition, reboot, now(), 1);
    await expectJob(jobs, "m2", {
      status: "completed",
      deviceJobStatistics: { succeededCount: 0, failedCount: 1 },
    });
  });

  test("waits for its time, and is cancelled before", cell(SHOWN), async () => {
    const soon = new Date(Date.now() + 700).toISOString();
    await hub.createDevice("soon");
    const patch = { etag: "*", tags: { at: soon } };
    await jobs.call("jobs.scheduleTwinUpdate", "s1", "deviceId = 'soon'", patch, soon, 60);
    const later = ["s2", "deviceId = 'soon'", { etag: "*", tags: { at: 0 } }, LATER, 60];
    const scheduled = await jobs.call("jobs.scheduleTwinUpdate", ...later);
    expect(scheduled).toMatchObject({ status: 200, body: { status: "queued", startTime: LATER } });
    expect(await jobs.call("jobs.cancelJob", "s2")).toMatchObject({ status: 200 });
    await expectJob(jobs, "s2", { status: "cancelled" });
    await expectJob(jobs, "s1", { status: "completed" });
    expect(await twinOf("soon")).toMatchObject({ tags: { at: soon } });
  });

  test("is listed by type and status, page by page", cell(SHOWN), async () => {
    for (const id of ["q1", "q2", "q3"]) {
      await jobs.call("jobs.scheduleDeviceMethod", id, "deviceId = 'nobody'", reboot, LATER, 60);
    }
    const listed = await jobs.call("jobs.query", "scheduleDeviceMethod", "queued", 2);
    expect(listed).toMatchObject({
      body: [[{ jobId: "q3" }, { jobId: "q2" }], [{ jobId: "q1" }]],
    });
    expect(await jobs.call("jobs.query", "scheduleUpdateTwin", "queued", 2)).toMatchObject({
      body: [[]],
    });
  });

  test("hears of jobs that nobody knows, and of ids that are taken", cell(SHOWN), async () => {
    const taken = ["taken", "deviceId = 'nobody'", reboot, LATER, 60];
    await jobs.call("jobs.scheduleDeviceMethod", ...taken);
    // The client turns errors of this form into plain ones.
    expect(await jobs.call("jobs.scheduleDeviceMethod", ...taken)).toMatchObject({
      error: "DeviceAlreadyExistsError",
    });
    expect(await jobs.call("jobs.getJob", "unknown")).toMatchObject({ message: "Not found" });
    expect(await jobs.call("jobs.cancelJob", "unknown")).toMatchObject({ message: "Not found" });
  });
});

test(
  "a job goes on after the server was killed, and asks no device twice",
  cell(SHOWN),
  async () => {
    const dataDirectory = await mkdtemp(path.join(tmpdir(), "larimar-jobs-"));
    await using server = await ServerProcess.start({
      dataDirectory,
      address: RESTART_ADDRESS,
      usesStandardPorts: true,
    });
    const connectionString = server.connection.hubs[0]?.connectionStrings["service"] ?? "";
    const { caFile } = server.connection;
    await using jobs = new RegistryClient({ connectionString, caFile });
    try {
      const hub = server.client();
      const { caPem } = hub;
      const ids = ["done", "asked", "away"];
      const [done, asked, away] = await Promise.all(ids.map((id) => hub.createDevice(id)));
      await using first = await connectDevice({ ...done!, caPem });
      // Never answers.
      await using second = await connectDevice({ ...asked!, caPem }, () => {});
      const condition = "deviceId IN ['done', 'asked', 'away']";
      await jobs.call("jobs.scheduleDeviceMethod", "j1", condition, reboot, now(), 60);
      const later = ["j2", "deviceId = 'done'", { etag: "*", tags: { v: 2 } }, LATER, 60];
      await jobs.call("jobs.scheduleTwinUpdate", ...later);
      await expectJob(jobs, "j1", {
        deviceJobStatistics: { succeededCount: 1, runningCount: 1 },
      });
      await expect.poll(() => second.asked.length).toBe(1);
      await server.kill();
      await server.start();
      await using third = await connectDevice({ ...away!, caPem });
      await expectJob(jobs, "j1", {
        status: "completed",
        deviceJobStatistics: { succeededCount: 2, failedCount: 1 },
      });
      expect([first.asked, second.asked, third.asked].map(({ length }) => length)).toEqual([
        1, 1, 1,
      ]);
      await expectJob(jobs, "j2", { status: "queued" });
    } finally {
      await server.kill();
      await rm(dataDirectory, { recursive: true, force: true });
    }
  },
);
