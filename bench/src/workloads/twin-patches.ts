import { Generator } from "../load/generator.ts";
import type { LatencySummary } from "../load/latency-histogram.ts";
import { LatencyHistogram } from "../load/latency-histogram.ts";
import type { RunningLarimar } from "../peers/larimar.ts";
import { formatCount, formatMs } from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import { median } from "../report/median.ts";
import { directoryBytes } from "../measuring/directory-bytes.ts";
import { onOwnServer } from "../measuring/own-server.ts";
import type { Shape, Workload, WorkloadContext } from "./workload.ts";
import { DEFAULT_HANDSHAKES_MAX } from "./workload.ts";

const DEFAULT_SHAPES: readonly Shape[] = [{ connections: 100, inFlight: 4 }];
/** Back ends at once, each with its next patch as soon as it has its answer. */
const CALLERS = 8;
const TOPICS = ["$iothub/twin/res/#", "$iothub/twin/PATCH/properties/desired/#"];

interface Sample {
  readonly what: string;
  readonly patchesPerSecond: number;
  readonly latency: LatencySummary;
  readonly serverCpuMicroseconds: number;
  readonly writtenBytes: number;
  readonly grownBytes: number;
  readonly generatorCoreShare: number | undefined;
}

export const twinPatches: Workload = {
  name: "twin-patches",
  summary:
    "reported properties over MQTT and TLS, then desired ones over HTTPS to devices that listen (larimar alone)",

  async run(context) {
    const samples: Sample[] = [];
    for (let round = 1; round <= context.options.rounds; round++) {
      for (const shape of context.options.shapes ?? DEFAULT_SHAPES) {
        samples.push(...(await onOwnServer(context, (server) => measure(server, shape, context))));
      }
      context.progress(`round ${round} of ${context.options.rounds}`);
    }
    return { markdown: describe(samples), data: { samples } };
  },
};

async function measure(
  server: RunningLarimar,
  { connections, inFlight }: Shape,
  { cores, options }: WorkloadContext,
): Promise<Sample[]> {
  const identities = await server.identities(connections);
  await using generator = await Generator.start({ core: cores.load });
  const { failed, errors } = await generator.connect({
    target: server.target,
    identities,
    subscriptions: TOPICS,
    handshakesMax: options.handshakesMax ?? DEFAULT_HANDSHAKES_MAX,
    timeoutSeconds: 30,
  });
  if (failed > 0) throw new Error(`${failed} devices failed: ${JSON.stringify(errors)}`);
  const { warmupSeconds, seconds } = options;
  const reported = await measureReported(server, generator, { inFlight, warmupSeconds, seconds });
  const deviceIds = identities.map(({ clientId }) => clientId);
  await patchDesired(server, deviceIds, warmupSeconds);
  const desired = await patchDesired(server, deviceIds, seconds);
  return [
    { what: `reported, ${connections} devices × ${inFlight} in flight`, ...reported },
    { what: `desired, ${CALLERS} callers, ${connections} devices listen`, ...desired },
  ];
}

async function measureReported(
  server: RunningLarimar,
  generator: Generator,
  command: { inFlight: number; warmupSeconds: number; seconds: number },
): Promise<Omit<Sample, "what">> {
  let window = new Usage(server);
  let used = window.read();
  const result = await generator.patch(command, (kind) => {
    if (kind === "window-opened") window = new Usage(server);
    else used = window.read();
  });
  const { acknowledged, unacknowledged, errors } = result;
  if (unacknowledged > 0 || Object.keys(errors).length > 0) {
    throw new Error(`${unacknowledged} patches unanswered, ${JSON.stringify(errors)}`);
  }
  return {
    patchesPerSecond: acknowledged / result.seconds,
    latency: result.latency,
    ...perPatch(used, acknowledged),
    generatorCoreShare: result.generatorCpuSeconds / result.seconds,
  };
}

async function patchDesired(
  server: RunningLarimar,
  deviceIds: readonly string[],
  seconds: number,
): Promise<Omit<Sample, "what">> {
  const latency = new LatencyHistogram();
  const window = new Usage(server);
  const beganMs = performance.now();
  const endsAtMs = beganMs + seconds * 1000;
  let next = 0;
  const patchOn = async () => {
    while (performance.now() < endsAtMs) {
      const value = next++;
      const sentMs = performance.now();
      await server.client.call({
        method: "PATCH",
        path: `/twins/${deviceIds[value % deviceIds.length]}`,
        body: { properties: { desired: { target: value / 10, fan: { speed: value % 3000 } } } },
      });
      latency.recordMs(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, patchOn));
  const summary = latency.summary();
  return {
    patchesPerSecond: (summary.count / (performance.now() - beganMs)) * 1000,
    latency: summary,
    ...perPatch(window.read(), summary.count),
    generatorCoreShare: undefined,
  };
}

interface Used {
  readonly cpuSeconds: number;
  readonly writtenBytes: number;
  readonly directoryBytes: number;
}

/** What a server used of the machine since this was made. */
class Usage {
  readonly #server: RunningLarimar;
  readonly #before: Used;

  constructor(server: RunningLarimar) {
    this.#server = server;
    this.#before = usageOf(server);
  }

  read(): Used {
    const now = usageOf(this.#server);
    return {
      cpuSeconds: now.cpuSeconds - this.#before.cpuSeconds,
      writtenBytes: now.writtenBytes - this.#before.writtenBytes,
      directoryBytes: now.directoryBytes - this.#before.directoryBytes,
    };
  }
}

function usageOf(server: RunningLarimar): Used {
  return {
    cpuSeconds: server.cpuSeconds(),
    writtenBytes: server.writtenBytes(),
    directoryBytes: directoryBytes(server.dataDirectory),
  };
}

function perPatch({ cpuSeconds, writtenBytes, directoryBytes: grownBytes }: Used, patches: number) {
  return {
    serverCpuMicroseconds: (cpuSeconds * 1e6) / patches,
    writtenBytes: writtenBytes / patches,
    grownBytes: grownBytes / patches,
  };
}

/** Medians over the rounds. */
function describe(samples: readonly Sample[]): string {
  const header = [
    "patches of properties",
    "patches/s",
    "p50 ms",
    "p99 ms",
    "max ms",
    "server CPU per patch",
    "written to disk per patch",
    "data directory grew per patch",
  ];
  const rows = [...new Set(samples.map(({ what }) => what))].map((what) => {
    const of = (read: (sample: Sample) => number) =>
      median(samples.filter((sample) => sample.what === what).map(read));
    return [
      what,
      formatCount(of(({ patchesPerSecond }) => patchesPerSecond)),
      formatMs(of(({ latency }) => latency.p50Ms)),
      formatMs(of(({ latency }) => latency.p99Ms)),
      formatMs(of(({ latency }) => latency.maxMs)),
      `${of(({ serverCpuMicroseconds }) => serverCpuMicroseconds).toFixed(1)} µs`,
      `${formatCount(of(({ writtenBytes }) => writtenBytes))} B`,
      `${formatCount(of(({ grownBytes }) => grownBytes))} B`,
    ];
  });
  return markdownTable(header, rows);
}
