import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seedTwins } from "@larimar/testkit";
import { Generator } from "../load/generator.ts";
import type { RunResult } from "../load/messages.ts";
import { type RunningLarimar, startLarimar } from "../peers/larimar.ts";
import { formatCount, formatMs } from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import type { Workload, WorkloadContext } from "./workload.ts";

const FLEETS: readonly number[] = [10_000, 100_000, 1_000_000];
const SENDERS = 50;
const PROGRESS_EVERY = 100_000;
/** Queries of a kind, one after the other. */
const REPEATS = 9;
/** After the first of a kind, since the server may learn from it. */
const PAUSE_MS = 3000;
/** It reads some values of all twins into memory then, and does nothing of the kind for nine times as long. */
const LEARNING_MS_PER_DEVICE = 0.04;
/** Telemetry without queries and beside them, in turn. */
const TELEMETRY_ROUNDS = 3;

/** What ends or begins with `last` stands for the device that was seeded last. */
const QUERIES: readonly {
  readonly name: string;
  readonly text: string;
  readonly isLearntFrom?: true;
}[] = [
  { name: "first page: all", text: "SELECT * FROM devices" },
  {
    name: "first page: 5 % match",
    text: "SELECT * FROM devices WHERE tags.site = 'site-3'",
  },
  {
    name: "first page: one device by its id",
    text: "SELECT * FROM devices WHERE deviceId = 'seeded-last'",
  },
  {
    name: "first page: 2 % are disabled",
    text: "SELECT deviceId FROM devices WHERE status = 'disabled'",
  },
  {
    name: "first page: one match, a reported text",
    text: "SELECT * FROM devices WHERE properties.reported.serial = 'SNlast'",
  },
  {
    name: "first page: ten match, a text in tags",
    text: "SELECT * FROM devices WHERE tags.lot = 'lot-last'",
  },
  {
    name: "first page: one match, a reported number",
    text: "SELECT * FROM devices WHERE properties.reported.hours = last-number",
    isLearntFrom: true,
  },
  {
    name: "first page: one match, a range of numbers",
    text: "SELECT * FROM devices WHERE properties.reported.hours >= last-number",
  },
  {
    name: "first page: one match, a part of a text",
    text: "SELECT * FROM devices WHERE CONTAINS(properties.reported.serial, 'Nlast')",
    isLearntFrom: true,
  },
  { name: "count: all", text: "SELECT COUNT() AS n FROM devices" },
  {
    name: "count: two conditions",
    text: "SELECT COUNT() AS n FROM devices WHERE tags.site = 'site-3' AND properties.reported.battery > 50",
  },
  {
    name: "count: by status",
    text: "SELECT COUNT() AS n FROM devices WHERE status = 'enabled'",
  },
  {
    name: "group-by: 20 groups",
    text: "SELECT tags.site AS site, COUNT() AS n FROM devices GROUP BY tags.site",
  },
  {
    name: "group-by: 1,000 groups and an average",
    text: "SELECT tags.customer AS c, AVG(properties.reported.battery) AS b FROM devices GROUP BY tags.customer",
  },
  {
    name: "group-by: connection state",
    text: "SELECT connectionState, COUNT() AS n FROM devices GROUP BY connectionState",
  },
];

interface QuerySample {
  readonly devices: number;
  readonly startMs: number;
  readonly queries: readonly {
    readonly name: string;
    readonly firstMs: number;
    readonly medianMs: number;
    readonly maxMs: number;
    readonly cpuMs: number;
  }[];
  readonly without: readonly RunResult[];
  readonly beside: readonly RunResult[];
}

export const queries: Workload = {
  name: "queries",
  summary: "twin queries over 10 k, 100 k and 1 M devices, beside telemetry (larimar alone)",

  async run(context: WorkloadContext) {
    const { devices } = context.options;
    const samples: QuerySample[] = [];
    for (const fleet of devices === undefined ? FLEETS : [devices]) {
      samples.push(await runFleet(context, fleet));
    }
    return { markdown: describe(samples), data: { samples } };
  },
};

async function runFleet(context: WorkloadContext, devices: number): Promise<QuerySample> {
  const directory = await mkdtemp(join(tmpdir(), "larimar-bench-queries-"));
  const { cores, progress } = context;
  try {
    const hubName = await prepare(directory, cores.server);
    await seedTwins({
      directory: join(directory, "data"),
      hubName,
      devices,
      onProgress: (written) => {
        if (written % PROGRESS_EVERY === 0) progress(`${formatCount(written)} devices`);
      },
    });
    await using larimar = await startLarimar({ directory, core: cores.server });
    await using generator = await Generator.start({ core: cores.load });
    return await measure(context, { larimar, generator, devices });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A first start makes the hub. */
async function prepare(directory: string, core: number | undefined): Promise<string> {
  await using larimar = await startLarimar({ directory, core });
  return larimar.connection.hubs[0]?.name ?? "";
}

async function measure(
  { options, progress }: WorkloadContext,
  parts: { larimar: RunningLarimar; generator: Generator; devices: number },
): Promise<QuerySample> {
  const { larimar, generator, devices } = parts;
  const last = String(devices - 1);
  const results: QuerySample["queries"][number][] = [];
  for (const { name, text, isLearntFrom } of QUERIES) {
    const id = last.padStart(7, "0");
    const query = text
      .replace("seeded-last", `seeded-${id}`)
      .replace("Nlast", `N${last}`)
      .replace("lot-last", `lot-${Math.floor((devices - 1) / 10)}`)
      .replace("last-number", last);
    const ask = () => timeOf(larimar, query);
    const firstMs = await ask();
    const learningMs = isLearntFrom ? LEARNING_MS_PER_DEVICE * devices : 0;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS + learningMs));
    const cpuSeconds = larimar.cpuSeconds();
    const times: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat++) times.push(await ask());
    const cpuMs = ((larimar.cpuSeconds() - cpuSeconds) * 1000) / REPEATS;
    times.sort((a, b) => a - b);
    const medianMs = times[Math.floor(REPEATS / 2)] ?? 0;
    results.push({ name, firstMs, medianMs, maxMs: times.at(-1) ?? 0, cpuMs });
    progress(`${name}: first ${firstMs.toFixed(1)}, then ${medianMs.toFixed(1)} ms`);
  }
  await generator.connect({
    target: larimar.target,
    identities: await larimar.identities(SENDERS),
    subscriptions: [],
    handshakesMax: SENDERS,
    timeoutSeconds: 60,
  });
  const { payloadBytes, warmupSeconds, seconds, ratePerSecond } = options;
  const command = { inFlight: 64, payloadBytes, warmupSeconds, seconds, ratePerSecond };
  const without: RunResult[] = [];
  const beside: RunResult[] = [];
  for (let round = 0; round < TELEMETRY_ROUNDS; round++) {
    without.push(await generator.run(command, () => {}));
    const busy = new AbortController();
    const asking = askOnAndOn(larimar, busy.signal);
    beside.push(await generator.run(command, () => {}));
    busy.abort();
    await asking;
  }
  return { devices, startMs: larimar.startMs, queries: results, without, beside };
}

async function timeOf({ client }: RunningLarimar, query: string): Promise<number> {
  const startMs = performance.now();
  await client.call({ method: "POST", path: "/devices/query", body: { query } });
  return performance.now() - startMs;
}

/** Goes through the whole fleet again and again. */
async function askOnAndOn({ client }: RunningLarimar, signal: AbortSignal): Promise<void> {
  const query = "SELECT tags.site AS site, COUNT() AS n FROM devices GROUP BY tags.site";
  while (!signal.aborted) {
    await client.call({ method: "POST", path: "/devices/query", body: { query } });
  }
}

function describe(samples: readonly QuerySample[]): string {
  const times = markdownTable(
    [
      "query",
      ...samples.map(
        ({ devices }) => `${formatCount(devices)} devices: first / median / max ms (CPU ms)`,
      ),
    ],
    QUERIES.map(({ name }, index) => [
      name,
      ...samples.map(({ queries: results }) => {
        const result = results[index];
        if (result === undefined) return "";
        const { firstMs, medianMs, maxMs, cpuMs } = result;
        return `${[firstMs, medianMs, maxMs].map(formatMs).join(" / ")} (${cpuMs.toFixed(0)})`;
      }),
    ]),
  );
  const telemetry = markdownTable(
    ["devices", "start ms", "telemetry p99 ms", "p99 ms while queries run", "lost"],
    samples.map(({ devices, startMs, without, beside }) => [
      formatCount(devices),
      formatMs(startMs),
      without.map(({ latency }) => formatMs(latency.p99Ms)).join(", "),
      beside.map(({ latency }) => formatMs(latency.p99Ms)).join(", "),
      formatCount([...without, ...beside].reduce((sum, run) => sum + run.unacknowledged, 0)),
    ]),
  );
  return `${times}\n\n${telemetry}`;
}
