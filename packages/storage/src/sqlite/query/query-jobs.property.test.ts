import path from "node:path";
import type { DeviceJob, JsonObject } from "@larimar/domain";
import {
  DEVICE_JOB_STATUSES,
  JOB_TYPES,
  deviceJobDocument,
  evaluateQuery,
  parseQuery,
} from "@larimar/domain";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeTemporaryDirectory } from "../../fixtures/temporary-directory.fixture.ts";
import { job } from "../../contracts/job-store.contract.ts";
import { openStorage } from "../open-storage.ts";
import { QueryReader } from "./query-reader.ts";
import { TYPE_NAMES, queriesOver } from "./fixtures/random-queries.fixture.ts";
import { anyJson, anyNumber, anyText } from "./fixtures/random-twins.fixture.ts";

const anyInstant = fc.constantFrom(0, 1_700_000_000_123);

/** Ids are texts that literals in queries are, too. */
const anyDeviceJob: fc.Arbitrary<DeviceJob> = fc.record({
  jobId: fc.constantFrom("a", "ab", "b", "1"),
  jobType: fc.constantFrom(...JOB_TYPES),
  key: fc.constantFrom<DeviceJob["key"][]>(
    ...["a", "b", "A", "true"].flatMap((deviceId) => [{ deviceId }, { deviceId, moduleId: "a" }]),
  ),
  status: fc.constantFrom(...DEVICE_JOB_STATUSES),
  createdAtMs: fc.constant(1_700_000_000_000),
  startedAtMs: anyInstant,
  endedAtMs: anyInstant,
  updatedAtMs: anyInstant,
  response: fc.option(fc.record({ status: anyNumber, payload: anyJson }), { nil: undefined }),
  error: fc.option(fc.record({ code: anyText, description: anyText }), { nil: undefined }),
});

const FIELDS = [
  "deviceId",
  "moduleId",
  "jobId",
  "jobType",
  "status",
  "startTimeUtc",
  "endTimeUtc",
  "createdDateTimeUtc",
  "lastUpdatedDateTimeUtc",
  "outcome",
  "outcome.deviceMethodResponse",
  "outcome.deviceMethodResponse.status",
  "outcome.deviceMethodResponse.payload",
  "outcome.deviceMethodResponse.payload.a",
  "outcome.deviceMethodResponse.payload.[[my key]]",
  "outcome.deviceMethodResponse.payload[0]",
  "outcome.other",
  "error",
  "error.code",
  "error.description",
  "deviceId.deeper",
];

const anyPath = fc.constantFrom(...FIELDS);
const queries = queriesOver({ sources: ["devices.jobs"], anyPath, anyValuePath: anyPath });

const directory = makeTemporaryDirectory();
const documents: JsonObject[] = [];
let reader: QueryReader;

beforeAll(async () => {
  await using storage = await openStorage({ directory: directory.path });
  const sampled = fc.sample(
    fc.uniqueArray(anyDeviceJob, {
      minLength: 30,
      maxLength: 32,
      selector: ({ jobId, key }) => JSON.stringify([jobId, key]),
    }),
    { seed: 42, numRuns: 1 },
  );
  for (const deviceJob of sampled.flat()) {
    const { jobId, jobType, key, createdAtMs } = deviceJob;
    const task =
      jobType === "scheduleUpdateTwin"
        ? job(jobId).task
        : ({ type: jobType, name: "m", payload: undefined, responseTimeoutMs: 1 } as const);
    for (const hub of ["hub", "other"]) {
      const { deviceJobs } = storage.forHub(hub);
      await deviceJobs.add({ jobId, task }, [key], createdAtMs);
      // What another hub has is never found.
      await deviceJobs.change([deviceJob], "pending");
    }
    documents.push(deviceJobDocument(deviceJob));
  }
  reader = new QueryReader({
    file: path.join(directory.path, "state.db"),
    pageBytesMax: 1024 ** 2,
  });
});

afterAll(() => {
  reader.close();
  directory[Symbol.dispose]();
});

function read(text: string): JsonObject[] {
  const query = parseQuery(text);
  const budget = { cancelled: new Int32Array(new SharedArrayBuffer(4)), timeMaxMs: 60_000 };
  const request = { ...budget, hub: "hub", columns: [], query };
  const reply = reader.page({ ...request, after: undefined, limit: 100 });
  if (reply.kind !== "done") throw new Error(JSON.stringify(reply));
  return JSON.parse(reply.rows) as JsonObject[];
}

function expected(text: string): JsonObject[] {
  return JSON.parse(JSON.stringify(evaluateQuery(parseQuery(text), documents))) as JsonObject[];
}

test.each(FIELDS)("the store knows what %s of a device of a job is", (field) => {
  for (const type of TYPE_NAMES) {
    const text = `SELECT * FROM devices.jobs WHERE IS_${type}(${field})`;
    expect(read(text), text).toEqual(expected(text));
  }
});

test("the store finds what the language means of devices of jobs", () => {
  expect(documents.length).toBeGreaterThan(25);
  fc.assert(
    fc.property(fc.oneof(queries.condition, queries.equalities), (where) => {
      const text = `SELECT * FROM devices.jobs WHERE ${where}`;
      expect(read(text)).toEqual(expected(text));
    }),
    { numRuns: 700 },
  );
});
