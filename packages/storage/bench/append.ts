/**
 * What the event log can take, and what an append costs the main thread. Run from the repository:
 * `npx tsx --conditions=source packages/storage/bench/append.ts [seconds] [connections] [readers] [directory]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Append, EventLog } from "@larimar/domain";
import { openStorage } from "../src/index.ts";

const RECORD_BYTES = 300;
const RECORDS_PER_APPEND = 16;
const PARTITIONS = 4;

const seconds = Number(process.argv[2] ?? 5);
const connections = Number(process.argv[3] ?? 50);
const readers = Number(process.argv[4] ?? 0);
const parent = process.argv[5] ?? tmpdir();

const records = new Uint8Array(RECORD_BYTES * RECORDS_PER_APPEND);
const headers = new DataView(records.buffer);
for (let at = 0; at < records.length; at += RECORD_BYTES) headers.setUint32(at, RECORD_BYTES - 4);

function createAppend(partition: number): Append {
  return {
    partition,
    count: RECORDS_PER_APPEND,
    bytes: records.length,
    write(target, at, enqueuedAtMs) {
      for (let from = 4; from < records.length; from += RECORD_BYTES) {
        headers.setFloat64(from, enqueuedAtMs);
      }
      target.set(records, at);
    },
  };
}

const directory = mkdtempSync(path.join(parent, "larimar-bench-"));
try {
  await using storage = await openStorage({ directory });
  const log = await storage.openEventLog({
    name: "bench",
    partitionCount: PARTITIONS,
    eventRetention: { ageMs: 3_600_000, bytesMax: 10 * 1024 ** 3 },
  });
  for (let reader = 0; reader < readers; reader += 1) follow(log, reader % PARTITIONS);
  await run(log, 1);
  report(await run(log, seconds));
} finally {
  rmSync(directory, { recursive: true, force: true });
}

interface Result {
  readonly events: number;
  readonly elapsedMs: number;
  readonly busyMs: number;
  readonly appendMs: number;
  readonly cpuMs: number;
  readonly latenciesMs: Float64Array;
  readonly longestStallMs: number;
}

/** Reads everything as soon as it is there. */
function follow(log: EventLog, partition: number): void {
  let position = log.state(partition).lastPosition + 1;
  let isReading = false;
  const readOn = async (): Promise<void> => {
    if (isReading) return;
    isReading = true;
    while (position <= log.state(partition).lastPosition) {
      for (const batch of await log.read(partition, position, { bytesMax: 1024 ** 2 })) {
        position = batch.firstPosition + batch.count;
      }
    }
    isReading = false;
  };
  log.onAppended(partition, () => void readOn());
}

/** Each connection appends again as soon as its last append is on disk. */
async function run(log: EventLog, forSeconds: number): Promise<Result> {
  const endsAt = performance.now() + forSeconds * 1000;
  const loop = performance.eventLoopUtilization();
  const stalls = monitorEventLoopDelay({ resolution: 1 });
  stalls.enable();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const latencies: number[] = [];
  let appendMs = 0;
  const connect = async (index: number): Promise<void> => {
    const entry = createAppend(index % PARTITIONS);
    while (performance.now() < endsAt) {
      const before = performance.now();
      const appended = log.append(entry);
      appendMs += performance.now() - before;
      await appended;
      latencies.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => connect(index)));
  const { user, system } = process.cpuUsage(cpu);
  return {
    events: latencies.length * RECORDS_PER_APPEND,
    elapsedMs: performance.now() - startedAt,
    busyMs: performance.eventLoopUtilization(loop).active,
    appendMs,
    cpuMs: (user + system) / 1000,
    latenciesMs: Float64Array.from(latencies).toSorted(),
    longestStallMs: stalls.max / 1e6,
  };
}

function report(result: Result): void {
  const { events, elapsedMs, busyMs, appendMs, cpuMs, latenciesMs, longestStallMs } = result;
  const appends = events / RECORDS_PER_APPEND;
  const percentile = (part: number) =>
    latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * part))]!.toFixed(
      2,
    );
  process.stdout.write(
    [
      `${Math.round((events / elapsedMs) * 1000).toLocaleString("en")} events/s on disk`,
      `(${((events * RECORD_BYTES) / elapsedMs / 1000).toFixed(1)} MB/s, ${connections} connections, ${readers} readers)`,
      `append ${((appendMs / appends) * 1000).toFixed(2)} µs`,
      `main thread ${((busyMs / appends) * 1000).toFixed(2)} µs per append, ${((busyMs / elapsedMs) * 100).toFixed(0)} % busy`,
      `process ${((cpuMs / elapsedMs) * 100).toFixed(0)} % of a core`,
      `latency p50 ${percentile(0.5)} p99 ${percentile(0.99)} max ${percentile(1)} ms`,
      `longest main-thread stall ${longestStallMs.toFixed(1)} ms`,
    ].join(", ") + "\n",
  );
}
