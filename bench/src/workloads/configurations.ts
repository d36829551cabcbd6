import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator } from "../load/generator.ts";
import type { RunResult } from "../load/messages.ts";
import { type RunningLarimar, startLarimar } from "../peers/larimar.ts";
import { formatCount, formatMs } from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import type { Workload, WorkloadContext } from "./workload.ts";

const DEFAULT_DEVICES = 100_000;
const SENDERS = 50;
const DEVICES_PER_REQUEST = 100;
const REQUESTS_IN_PROGRESS = 8;
const NEWCOMERS = 50;
/** Devices spread over the fleet that are looked at afterwards. */
const CHECKED = 200;
const FLEET_MS_MAX = 600_000;
/** Telemetry while the fleet comes into scope; when that is faster, the rest of the window is without. */
const BESIDE_SECONDS = 10;
const POLL_MS = 5;
const ID = "bench";

interface ConfigurationSample {
  readonly devices: number;
  readonly inScopeSeconds: number;
  readonly inScopeCpuSeconds: number;
  readonly outOfScopeSeconds: number;
  readonly newcomersMs: { readonly p50: number; readonly max: number };
  readonly before: RunResult;
  readonly while: RunResult;
}

export const configurations: Workload = {
  name: "configurations",
  summary:
    "a configuration reaches and leaves a fleet, and newcomers, beside telemetry (larimar alone)",

  async run(context: WorkloadContext) {
    const samples: ConfigurationSample[] = [];
    for (let round = 1; round <= context.options.rounds; round++) {
      samples.push(await runRound(context));
      context.progress(`round ${round} of ${context.options.rounds}`);
    }
    return { markdown: describe(samples), data: { samples } };
  },
};

async function runRound(context: WorkloadContext): Promise<ConfigurationSample> {
  const directory = await mkdtemp(join(tmpdir(), "larimar-bench-configurations-"));
  try {
    await using larimar = await startLarimar({ directory, core: context.cores.server });
    await using generator = await Generator.start({ core: context.cores.load });
    return await measure(context, larimar, generator);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(
  { options, progress }: WorkloadContext,
  larimar: RunningLarimar,
  generator: Generator,
): Promise<ConfigurationSample> {
  const devices = options.devices ?? DEFAULT_DEVICES;
  await createFleet(larimar, devices);
  progress(`${formatCount(devices)} devices`);
  await generator.connect({
    target: larimar.target,
    identities: await larimar.identities(SENDERS),
    subscriptions: [],
    handshakesMax: SENDERS,
    timeoutSeconds: 60,
  });
  const telemetry = (seconds: number): Promise<RunResult> => {
    const { payloadBytes, warmupSeconds, ratePerSecond } = options;
    const command = { inFlight: 64, payloadBytes, warmupSeconds, seconds, ratePerSecond };
    return generator.run(command, () => {});
  };
  const before = await telemetry(options.seconds);
  const beside = telemetry(BESIDE_SECONDS);
  await pause(options.warmupSeconds * 1000);
  const cpuSeconds = larimar.cpuSeconds();
  const startMs = performance.now();
  await larimar.client.call({
    method: "PUT",
    path: `/configurations/${ID}`,
    body: {
      content: { deviceContent: { "properties.desired.fan": { speed: 3, isQuiet: true } } },
      targetCondition: "tags.line = 1",
    },
  });
  await fleetReached(larimar, devices, true);
  const inScopeSeconds = secondsSince(startMs);
  const inScopeCpuSeconds = larimar.cpuSeconds() - cpuSeconds;
  const results = await beside;
  progress(`in scope after ${inScopeSeconds.toFixed(1)} s`);
  await checkSample(larimar, devices);
  const newcomers = telemetry(options.seconds);
  const newcomersMs = await measureNewcomers(larimar);
  await newcomers;
  const endMs = performance.now();
  await larimar.client.call({ method: "DELETE", path: `/configurations/${ID}` });
  await fleetReached(larimar, devices, false);
  const outOfScopeSeconds = secondsSince(endMs);
  return {
    devices,
    inScopeSeconds,
    inScopeCpuSeconds,
    outOfScopeSeconds,
    newcomersMs,
    before,
    while: results,
  };
}

async function createFleet({ client }: RunningLarimar, devices: number): Promise<void> {
  let next = 0;
  const createNext = async (): Promise<void> => {
    while (next < devices) {
      const first = next;
      next += DEVICES_PER_REQUEST;
      const length = Math.min(DEVICES_PER_REQUEST, devices - first);
      const items = Array.from({ length }, (_, i) => ({
        id: fleetId(first + i),
        importMode: "create",
        tags: { line: 1 },
      }));
      await client.call({ method: "POST", path: "/devices", body: items });
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_IN_PROGRESS }, createNext));
}

/** From the answer to the change that brings a device into scope until its twin says that it is. */
async function measureNewcomers(larimar: RunningLarimar): Promise<{ p50: number; max: number }> {
  const times: number[] = [];
  for (let index = 0; index < NEWCOMERS; index++) {
    const deviceId = `newcomer-${index}`;
    await larimar.client.call({ method: "PUT", path: `/devices/${deviceId}`, body: { deviceId } });
    const body = { tags: { line: 1 } };
    await larimar.client.call({ method: "PATCH", path: `/twins/${deviceId}`, body });
    const startMs = performance.now();
    await reached(larimar, deviceId, true);
    times.push(performance.now() - startMs);
  }
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(times.length / 2)] ?? 0, max: times.at(-1) ?? 0 };
}

/** The fleet is gone through in the order it was made: it is done when those of the last requests are. */
async function fleetReached(
  larimar: RunningLarimar,
  devices: number,
  isIn: boolean,
): Promise<void> {
  for (let request = 0; request < 2 * REQUESTS_IN_PROGRESS; request++) {
    const index = devices - 1 - request * DEVICES_PER_REQUEST;
    if (index >= 0) await reached(larimar, fleetId(index), isIn);
  }
}

async function reached({ client }: RunningLarimar, deviceId: string, isIn: boolean): Promise<void> {
  const endMs = performance.now() + FLEET_MS_MAX;
  while (performance.now() < endMs) {
    const twin = (await client.call({ method: "GET", path: `/twins/${deviceId}` })) as {
      configurations?: Readonly<Record<string, { status: string }>>;
    };
    if ((twin.configurations?.[ID]?.status === "Applied") === isIn) return;
    await pause(POLL_MS);
  }
  throw new Error(`the configuration did not get as far as '${deviceId}'`);
}

/** Not only the last one. */
async function checkSample({ client }: RunningLarimar, devices: number): Promise<void> {
  for (let index = 0; index < devices; index += Math.ceil(devices / CHECKED)) {
    const path = `/twins/${fleetId(index)}`;
    const twin = (await client.call({ method: "GET", path })) as {
      properties: { desired: { fan?: { speed: number } } };
    };
    if (twin.properties.desired.fan?.speed !== 3) throw new Error(`${path} was left out`);
  }
}

function describe(samples: readonly ConfigurationSample[]): string {
  const header = ["devices", "in scope after s", "server CPU s", "out of scope after s"].concat(
    ["newcomer p50 ms", "newcomer max ms"],
    ["telemetry p99 ms before", "p99 ms meanwhile", "max ms meanwhile", "lost"],
  );
  const rows = samples.map((sample) => [
    formatCount(sample.devices),
    sample.inScopeSeconds.toFixed(1),
    sample.inScopeCpuSeconds.toFixed(1),
    sample.outOfScopeSeconds.toFixed(1),
    formatMs(sample.newcomersMs.p50),
    formatMs(sample.newcomersMs.max),
    formatMs(sample.before.latency.p99Ms),
    formatMs(sample.while.latency.p99Ms),
    formatMs(sample.while.latency.maxMs),
    formatCount(sample.before.unacknowledged + sample.while.unacknowledged),
  ]);
  return markdownTable(header, rows);
}

function fleetId(index: number): string {
  return `fleet-${String(index).padStart(7, "0")}`;
}

function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / 1000;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
