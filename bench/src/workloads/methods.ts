import { Generator } from "../load/generator.ts";
import type { LatencySummary } from "../load/latency-histogram.ts";
import { LatencyHistogram } from "../load/latency-histogram.ts";
import type { RunningLarimar } from "../peers/larimar.ts";
import { formatCount } from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import { onOwnServer } from "../measuring/own-server.ts";
import type { Workload, WorkloadContext } from "./workload.ts";
import { DEFAULT_HANDSHAKES_MAX } from "./workload.ts";

const DEFAULT_CONNECTIONS = 1000;
/** Callers at once, each with its next call as soon as it has its answer. */
const CALLERS = [1, 8];
const PAYLOAD = { on: true };

interface Sample {
  readonly callers: number;
  readonly callsPerSecond: number;
  readonly latency: LatencySummary;
  readonly serverCpuMsPerCall: number;
}

export const methods: Workload = {
  name: "methods",
  summary: "direct methods over REST, answered by devices over MQTT and TLS (larimar alone)",

  async run(context) {
    const connections = context.options.connections ?? DEFAULT_CONNECTIONS;
    const samples = await onOwnServer(context, (server) => measure(server, connections, context));
    const title = `**${formatCount(connections)} connected devices**, asked in turn`;
    const header = ["callers", "calls/s", "p50 ms", "p99 ms", "max ms", "server CPU ms per call"];
    const rows = samples.map(({ callers, callsPerSecond, latency, serverCpuMsPerCall }) => [
      String(callers),
      formatCount(callsPerSecond),
      latency.p50Ms.toFixed(2),
      latency.p99Ms.toFixed(2),
      latency.maxMs.toFixed(2),
      serverCpuMsPerCall.toFixed(2),
    ]);
    return { markdown: `${title}\n\n${markdownTable(header, rows)}`, data: { samples } };
  },
};

async function measure(
  server: RunningLarimar,
  connections: number,
  context: WorkloadContext,
): Promise<Sample[]> {
  const { cores, options, progress } = context;
  const identities = await server.identities(connections);
  await using generator = await Generator.start({ core: cores.load });
  const { failed, errors } = await generator.connect({
    target: server.target,
    identities,
    subscriptions: ["$iothub/methods/POST/#"],
    answersMethods: true,
    handshakesMax: options.handshakesMax ?? DEFAULT_HANDSHAKES_MAX,
    timeoutSeconds: 30,
  });
  if (failed > 0) throw new Error(`${failed} devices failed: ${JSON.stringify(errors)}`);
  const deviceIds = identities.map(({ clientId }) => clientId);
  const samples: Sample[] = [];
  for (const callers of CALLERS) {
    await callFor(server, deviceIds, callers, options.warmupSeconds);
    const sample = await callFor(server, deviceIds, callers, options.seconds);
    samples.push(sample);
    progress(`${callers} callers: p50 ${sample.latency.p50Ms} ms`);
  }
  return samples;
}

/** What a back end sees: from its request to the device's answer. */
async function callFor(
  server: RunningLarimar,
  deviceIds: readonly string[],
  callers: number,
  seconds: number,
): Promise<Sample> {
  const latency = new LatencyHistogram();
  const cpuBefore = server.cpuSeconds();
  const endsAtMs = performance.now() + seconds * 1000;
  let next = 0;
  const call = async () => {
    while (performance.now() < endsAtMs) {
      const deviceId = deviceIds[next++ % deviceIds.length]!;
      const beganMs = performance.now();
      const answer = (await server.client.call({
        method: "POST",
        path: `/twins/${deviceId}/methods`,
        body: { methodName: "switch", payload: PAYLOAD },
      })) as { status: number };
      if (answer.status !== 200) throw new Error(`${deviceId} answered ${answer.status}`);
      latency.recordMs(performance.now() - beganMs);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const summary = latency.summary();
  const serverCpuMsPerCall = ((server.cpuSeconds() - cpuBefore) * 1000) / summary.count;
  return { callers, callsPerSecond: summary.count / seconds, latency: summary, serverCpuMsPerCall };
}
