import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from "../../../fixtures/temporary-directory.fixture.ts";
import { connect } from "../../database-files/connect.ts";
import { eventLog } from "../../migrations/events/0001-event-log.ts";
import { EVENTS_DATABASE } from "../events-database.ts";
import { EventsReader } from "../reader-thread/events-reader.ts";
import { EventsWriter } from "./events-writer.ts";

const HUB = { hub: "local", partitionCount: 2, retention: { ageMs: 1_000_000, bytesMax: 1000 } };
const ROW_BYTES = 100;

let temporary: TemporaryDirectory;
let file: string;
let writers: EventsWriter[];

beforeEach(() => {
  temporary = makeTemporaryDirectory();
  file = path.join(temporary.path, "events.db");
  writers = [];
});
afterEach(() => {
  for (const writer of writers) writer.close();
  temporary[Symbol.dispose]();
});

function open(): EventsWriter {
  const limits = { databaseBytesMax: 1e9, sweepBatchesMax: 10_000, sweepBytesMax: 1e6 };
  const writer = new EventsWriter({ file, isEphemeral: false, ...limits });
  writers.push(writer);
  return writer;
}

/** One row of three events. */
function commitRow(writer: EventsWriter, partitionId: number, firstPosition: number): void {
  const time = 1000 + firstPosition;
  const row = { partitionId, firstPosition, count: 3, firstTimeMs: time, lastTimeMs: time };
  const place = { bufferIndex: 0, offset: 0, length: ROW_BYTES };
  const buffers = [new ArrayBuffer(ROW_BYTES)];
  expect(writer.commit({ rows: [{ ...row, ...place }], buffers }).error).toBeUndefined();
}

function commitRows(writer: EventsWriter, partitionId: number, count: number): void {
  for (let row = 0; row < count; row += 1) commitRow(writer, partitionId, row * 3);
}

describe("a writer that died without a word", () => {
  test.each([1, 255, 256, 257, 600])("leaves its places and sizes after %i rows", (rows) => {
    const dead = open();
    const [first, second] = dead.openHub(HUB);
    commitRows(dead, first!.id, rows);
    const next = open();
    expect(next.openHub(HUB)).toEqual([
      { ...first, nextPosition: rows * 3, lastTimeMs: 1000 + (rows - 1) * 3 },
      second,
    ]);
    next.sweep({ nowMs: 2000 });
    // Ten rows are as many bytes as the hub may have.
    const [swept] = next.openHub(HUB);
    expect(swept).toMatchObject({ firstPosition: Math.max(0, rows - 10) * 3 });
  });
});

test("opening a hub again counts nothing twice", () => {
  const writer = open();
  const [{ id } = { id: 0 }] = writer.openHub(HUB);
  commitRows(writer, id, 6);
  writer.openHub(HUB);
  writer.openHub(HUB);
  writer.sweep({ nowMs: 2000 });
  expect(writer.openHub(HUB)[0]).toMatchObject({ firstPosition: 0, nextPosition: 18 });
});

test("a log of the first version keeps its places, and times are found in it", () => {
  const old = connect(file, {});
  old.pragma(`page_size = ${EVENTS_DATABASE.pageBytes}`);
  old.exec(eventLog);
  old.pragma(`application_id = ${EVENTS_DATABASE.applicationId}`);
  old.pragma("user_version = 1");
  old.exec(
    `INSERT INTO partitions (hub, partition, next_position, last_time_ms, stored_bytes)
     VALUES ('local', 0, 6, 1200, 200), ('local', 1, 0, 0, 0);
     INSERT INTO batches VALUES (1, 0, 3, 1100, 1100, 0, zeroblob(100)),
       (1, 3, 3, 1200, 1200, 0, zeroblob(100));`,
  );
  old.close();
  const [first] = open().openHub(HUB);
  expect(first).toEqual({ id: 1, firstPosition: 0, nextPosition: 6, lastTimeMs: 1200 });
  const reader = new EventsReader({ file });
  // The rows have no checksum, so that nothing but their beginning can be said.
  expect(reader.positionAt({ partitionId: 1, timeMs: 1101 }).position).toBe(3);
  expect(reader.positionAt({ partitionId: 1, timeMs: 1100 }).position).toBe(0);
  expect(reader.positionAt({ partitionId: 1, timeMs: 1201 }).position).toBeUndefined();
  reader.close();
});
