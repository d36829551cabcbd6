import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator } from "../load/generator.ts";
import { type RunningLarimar, startLarimar } from "../peers/larimar.ts";
import { formatCount, formatMegabytes, formatRatio } from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import { directoryBytes } from "../measuring/directory-bytes.ts";
import type { Workload, WorkloadContext } from "./workload.ts";

const CONNECTIONS = 50;
const IN_FLIGHT = 16;
const STEPS = 10;
const DEFAULT_EVENTS = 10_000_000;
const DEFAULT_DEVICES = 1_000_000;
/** The run stops growing then and reports how far it came. */
const GROWTH_MS_MAX = 1_800_000;
const STEP_SECONDS_MAX = 300;
/** A message needs its payload and little more; twice that must be free, or nothing is begun. */
const OVERHEAD_BYTES = 64;
const STARTS = 3;

interface Step {
  storedBefore: number;
  acknowledged: number;
  microsecondsPerMessage: number;
  rssBytes: number;
  diskBytes: number;
}

export const growth: Workload = {
  name: "growth",
  summary:
    "cost per message from an empty hub to 10 M stored events, and starts with those and 1 M devices",

  async run(context: WorkloadContext) {
    const { options, cores, progress } = context;
    const events = options.events ?? DEFAULT_EVENTS;
    const devices = options.devices ?? DEFAULT_DEVICES;
    const directory = await mkdtemp(join(tmpdir(), "larimar-bench-growth-"));
    const start = () => startLarimar({ directory, core: cores.server });
    let server: RunningLarimar | undefined;
    try {
      await insistOnRoom(directory, events * (options.payloadBytes + OVERHEAD_BYTES));
      server = await start();
      const steps = await grow(server, events, context);
      const stored = steps.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
      const emptyStarts = [server.startMs];
      const startsMs: { what: string; ms: number[] }[] = [{ what: "empty", ms: emptyStarts }];
      const restart = async (what: string) => {
        const ms: number[] = [];
        for (let n = 0; n < STARTS; n++) {
          await server?.[Symbol.asyncDispose]();
          server = await start();
          ms.push(server.startMs);
        }
        startsMs.push({ what, ms });
        progress(`larimar: started with ${what}: ${ms.map(Math.round).join(", ")} ms`);
      };
      await restart(`${formatCount(stored)} events`);
      if (devices > 0) {
        await server.createMany(devices, (created) => {
          progress(`larimar: ${formatCount(created)} devices`);
        });
        await restart(`${formatCount(stored)} events and ${formatCount(devices)} devices`);
      }
      return { markdown: report(steps, startsMs), data: { steps, startsMs } };
    } finally {
      await server?.[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function grow(
  server: RunningLarimar,
  events: number,
  { options, cores, progress }: WorkloadContext,
): Promise<Step[]> {
  await using generator = await Generator.start({ core: cores.load });
  await generator.connect({
    target: server.target,
    identities: await server.identities(CONNECTIONS),
    subscriptions: [],
    handshakesMax: CONNECTIONS,
    timeoutSeconds: 30,
  });
  const command = { inFlight: IN_FLIGHT, payloadBytes: options.payloadBytes, warmupSeconds: 0 };
  // Compiled code and pools are not what grows.
  await generator.run({ ...command, seconds: options.warmupSeconds }, () => {});
  const steps: Step[] = [];
  const endMs = performance.now() + GROWTH_MS_MAX;
  let storedBefore = 0;
  while (steps.length < STEPS && performance.now() < endMs) {
    const cpuSeconds = server.cpuSeconds();
    const messagesMax = Math.ceil(events / STEPS);
    const { acknowledged } = await generator.run(
      { ...command, seconds: STEP_SECONDS_MAX, messagesMax },
      () => {},
    );
    const microseconds = (server.cpuSeconds() - cpuSeconds) * 1e6;
    steps.push({
      storedBefore,
      acknowledged,
      microsecondsPerMessage: microseconds / acknowledged,
      rssBytes: server.rssBytes(),
      diskBytes: directoryBytes(server.dataDirectory),
    });
    storedBefore += acknowledged;
    const perMessage = (microseconds / acknowledged).toFixed(2);
    progress(`larimar: ${formatCount(storedBefore)} events, ${perMessage} µs each`);
  }
  return steps;
}

async function insistOnRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize >= 2 * bytes) return;
  const megabytes = Math.ceil((2 * bytes) / 1024 ** 2);
  throw new Error(`growth needs ${megabytes} MB in ${directory}: set TMPDIR or fewer --events`);
}

function report(
  steps: readonly Step[],
  startsMs: readonly { what: string; ms: number[] }[],
): string {
  const first = steps[0]!.microsecondsPerMessage;
  const growthTable = markdownTable(
    ["events stored before", "server CPU per message", "vs the first", "RSS", "on disk"],
    steps.map((step) => [
      formatCount(step.storedBefore),
      `${step.microsecondsPerMessage.toFixed(2)} µs`,
      formatRatio(step.microsecondsPerMessage, first),
      formatMegabytes(step.rssBytes),
      formatMegabytes(step.diskBytes),
    ]),
  );
  const startTable = markdownTable(
    ["data directory", "starts, ms until ready"],
    startsMs.map(({ what, ms }) => [what, ms.map((each) => Math.round(each)).join(", ")]),
  );
  return `${growthTable}\n\n${startTable}`;
}
