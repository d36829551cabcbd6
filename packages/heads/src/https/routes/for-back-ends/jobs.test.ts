import { settle } from "@larimar/domain/fixtures";
import { describe, expect, test } from "vitest";
import { type TestHead, startTestHead } from "../../test-head.fixture.ts";

const policy = "service";

const twinJob = {
  jobId: "j1",
  type: "scheduleUpdateTwin",
  updateTwin: { etag: "*", tags: { hall: 3 }, properties: { desired: { fan: "on" } } },
  queryCondition: "deviceId = 'd1'",
  startTime: null,
  maxExecutionTimeInSeconds: 120,
};

const methodJob = {
  type: "scheduleDeviceMethod",
  cloudToDeviceMethod: { methodName: "reboot", payload: null, responseTimeoutInSeconds: 30 },
  queryCondition: "*",
  maxExecutionTimeInSeconds: 60,
};

const put = (head: TestHead, jobId: string, body: object) =>
  head.send("PUT", `/jobs/v2/${jobId}`, { policy, body });
const get = (head: TestHead, path: string, headers = {}) =>
  head.send("GET", `/jobs/v2/${path}`, { policy, headers });

const refused = (status: number, name: string) => ({
  status,
  headers: { "iothub-errorcode": name },
  // Form B, which clients of jobs read.
  json: { ExceptionMessage: "", Message: expect.stringMatching(/^\{"errorCode":\d+,/) as string },
});

describe("scheduling a job", () => {
  test("is answered with the job, as it was sent, and then with what became of it", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    const { jobId, type, updateTwin, queryCondition, maxExecutionTimeInSeconds } = twinJob;
    const scheduled = await put(head, "j1", twinJob);
    const now = new Date(head.clock.now()).toISOString();
    const told = { jobId, type, updateTwin, queryCondition, maxExecutionTimeInSeconds };
    expect(scheduled).toMatchObject({ status: 200 });
    expect(scheduled.json).toEqual({
      ...told,
      status: "queued",
      createdTime: now,
      startTime: now,
      deviceJobStatistics: {
        deviceCount: 0,
        failedCount: 0,
        succeededCount: 0,
        runningCount: 0,
        pendingCount: 0,
      },
    });
    await settle();
    const { json } = await get(head, "j1");
    expect(json).toMatchObject({
      ...told,
      status: "completed",
      endTime: now,
      deviceJobStatistics: { deviceCount: 1, succeededCount: 1 },
    });
    const twin = await head.hub.twins.get({ deviceId: "d1" });
    expect(twin).toMatchObject({ tags: { hall: 3 }, desired: { values: { fan: "on" } } });
  });

  test("takes times and words as clients write them", async () => {
    await using head = await startTestHead();
    const startTime = "2031-01-01T01:00:00.1234567+01:00";
    const method = { ...methodJob, Type: "ScheduleDeviceMethod", type: undefined, startTime };
    const { json } = await put(head, "j1", { ...method, queryCondition: "FROM devices.modules" });
    expect(json).toMatchObject({
      type: "scheduleDeviceMethod",
      status: "queued",
      startTime: "2031-01-01T00:00:00.123Z",
      cloudToDeviceMethod: methodJob.cloudToDeviceMethod,
      queryCondition: "FROM devices.modules",
    });
  });

  test.each([
    ["without a type", { type: undefined }],
    ["with a type of its own", { type: "scheduleDirectMethod" }],
    ["without a twin", { updateTwin: null }],
    [
      "with a method for a twin",
      { ...methodJob, type: "scheduleUpdateTwin", updateTwin: undefined },
    ],
    ["with tags that no twin may have", { updateTwin: { tags: { "a.b": 1 } } }],
    ["with an ETag that is none", { updateTwin: { etag: '"', tags: {} } }],
    ["without a condition", { queryCondition: "" }],
    ["with a condition that is too long", { queryCondition: "x".repeat(8193) }],
    ["with a condition that is none", { queryCondition: "tags.hall >" }],
    ["with a time that is none", { startTime: "tomorrow" }],
    ["with no time to run", { maxExecutionTimeInSeconds: 0 }],
    ["with a text for a number", { maxExecutionTimeInSeconds: "60" }],
    ["with another id than in the path", { jobId: "j2" }],
  ])("%s is refused and leaves nothing", async (_, change) => {
    await using head = await startTestHead();
    expect(await put(head, "j1", { ...twinJob, ...change })).toMatchObject(
      refused(400, "ArgumentInvalid"),
    );
    expect((await get(head, "query")).json).toEqual([]);
  });

  test.each([
    ["without a name", { methodName: "" }],
    ["with a name that is none", { methodName: "a b" }],
    ["with a time-out out of range", { methodName: "reboot", responseTimeoutInSeconds: 1 }],
    ["with a payload that is too long", { methodName: "reboot", payload: "x".repeat(131_072) }],
  ])("a method %s is refused", async (_, cloudToDeviceMethod) => {
    await using head = await startTestHead();
    expect(await put(head, "j1", { ...methodJob, cloudToDeviceMethod })).toMatchObject(
      refused(400, "ArgumentInvalid"),
    );
  });

  test("with an id that is none, or is taken, is refused", async () => {
    await using head = await startTestHead();
    expect(await put(head, "a%20b", methodJob)).toMatchObject(refused(400, "ArgumentInvalid"));
    await put(head, "j1", methodJob);
    expect(await put(head, "j1", methodJob)).toMatchObject(refused(409, "JobAlreadyExists"));
  });

  test("needs the right to it, for each of its routes", async () => {
    await using head = await startTestHead();
    const later = { ...methodJob, startTime: "2031-01-01T00:00:00Z" };
    await put(head, "j1", later);
    const routes = [
      ["PUT", "/jobs/v2/j2"],
      ["GET", "/jobs/v2/j1"],
      ["POST", "/jobs/v2/j1/cancel"],
      ["GET", "/jobs/v2/query"],
    ] as const;
    for (const [method, path] of routes) {
      const body = method === "PUT" ? { body: later } : {};
      for (const other of ["registryRead", "registryReadWrite", "device"]) {
        expect(await head.send(method, path, { ...body, policy: other })).toMatchObject({
          status: 401,
          headers: { "iothub-errorcode": "IotHubUnauthorizedAccess" },
        });
      }
      expect((await head.send(method, path, { ...body, policy: "iothubowner" })).status).toBe(200);
    }
  });
});

describe("a job", () => {
  test("that waits can be cancelled, once", async () => {
    await using head = await startTestHead();
    await put(head, "j1", { ...methodJob, startTime: "2031-01-01T00:00:00Z" });
    const cancel = () => head.send("POST", "/jobs/v2/j1/cancel", { policy });
    expect(await cancel()).toMatchObject({ status: 200, json: { status: "cancelled" } });
    expect((await get(head, "j1")).json).toMatchObject({ status: "cancelled" });
    expect(await cancel()).toMatchObject(refused(412, "JobRunPreconditionFailed"));
  });

  test("that nobody knows is not found", async () => {
    await using head = await startTestHead();
    expect(await get(head, "j1")).toMatchObject(refused(404, "JobNotFound"));
    expect(await head.send("POST", "/jobs/v2/j1/cancel", { policy })).toMatchObject(
      refused(404, "JobNotFound"),
    );
  });
});

describe("the list of jobs", () => {
  async function withJobs() {
    const head = await startTestHead();
    const startTime = "2031-01-01T00:00:00Z";
    await put(head, "a", { ...methodJob, startTime });
    await put(head, "b", { ...methodJob, startTime });
    await put(head, "c", { ...twinJob, jobId: "c", startTime });
    await head.send("POST", "/jobs/v2/b/cancel", { policy });
    return head;
  }
  const ids = (json: unknown) => (json as { jobId: string }[]).map(({ jobId }) => jobId);
  const query = (words: string) => `query?api-version=2021-04-12&${words}`;

  test("comes in pages, the newest first", async () => {
    await using head = await withJobs();
    const pageSize = { "x-ms-max-item-count": "2" };
    const first = await get(head, "query", pageSize);
    expect(first.headers["x-ms-item-type"]).toBe("JobResponse");
    expect(ids(first.json)).toEqual(["c", "b"]);
    const continuation = String(first.headers["x-ms-continuation"]);
    const second = await get(head, "query", { ...pageSize, "x-ms-continuation": continuation });
    expect(ids(second.json)).toEqual(["a"]);
    expect(second.headers["x-ms-continuation"]).toBeUndefined();
  });

  test("can be asked for by type and status, in any case", async () => {
    await using head = await withJobs();
    const asked = async (words: string) => ids((await get(head, query(words))).json);
    expect(await asked("jobType=ScheduleUpdateTwin")).toEqual(["c"]);
    expect(await asked("jobStatus=cancelled")).toEqual(["b"]);
    expect(await asked("jobType=scheduleDeviceMethod&jobStatus=Queued")).toEqual(["a"]);
    expect(await asked("jobType=&jobStatus=")).toEqual(["c", "b", "a"]);
    expect(await asked("jobStatus=scheduled")).toEqual([]);
    expect(await asked("jobType=export")).toEqual([]);
  });

  test("is refused for words, sizes and continuations that are none", async () => {
    await using head = await startTestHead();
    const invalid = refused(400, "ArgumentInvalid");
    expect(await get(head, query("jobType=reboot"))).toMatchObject(invalid);
    expect(await get(head, "query", { "x-ms-max-item-count": "many" })).toMatchObject(invalid);
    expect(await get(head, "query", { "x-ms-continuation": "after" })).toMatchObject(invalid);
  });
});
