import { Contender } from "../contender.ts";
import { formatCount, formatMegabytes, formatShare } from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import type { Workload, WorkloadContext } from "./workload.ts";
import { DEFAULT_HANDSHAKES_MAX } from "./workload.ts";

const DEFAULT_CONNECTIONS = 5000;
/** The first fifth warms caches and pools up; memory per session is the slope over the rest. */
const BASE_SHARE = 0.2;
const SUBSCRIPTIONS = [
  "$iothub/twin/res/#",
  "$iothub/twin/PATCH/properties/desired/#",
  "$iothub/methods/POST/#",
];
const SETTLE_MS = 3000;
const IDLE_MS = 5000;

interface IdleSample {
  name: string;
  emptyRssBytes: number;
  baseRssBytes: number;
  fullRssBytes: number;
  bytesPerSession: number;
  idleCoreShare: number;
}

export const idleSessions: Workload = {
  name: "idle-sessions",
  summary: "server memory per idle TLS session subscribed to twin and method topics",

  async run(context: WorkloadContext) {
    const connections = context.options.connections ?? DEFAULT_CONNECTIONS;
    const samples: IdleSample[] = [];
    for (const { peer } of context.peers) {
      await using contender = await Contender.start({
        peer,
        cores: context.cores,
        connectionsMax: connections,
        tuneFor: "throughput",
      });
      samples.push(await measureIdle(contender, connections, context));
    }
    const title = `**${formatCount(connections)} idle sessions**, 3 subscriptions each; memory per session is the slope over the last ${formatCount(connections - baseOf(connections))}`;
    return {
      markdown: `${title}\n\n${table(context, samples)}`,
      data: { results: samples, skipped: context.skipped },
    };
  },
};

async function measureIdle(
  contender: Contender,
  connections: number,
  context: WorkloadContext,
): Promise<IdleSample> {
  const { server, peer } = contender;
  const { handshakesMax = DEFAULT_HANDSHAKES_MAX } = context.options;
  const identities = await server.identities(connections);
  const base = baseOf(connections);
  const emptyRssBytes = server.rssBytes();
  const connect = async (from: number, to: number) => {
    const result = await contender.generator.connect({
      target: server.target,
      identities: identities.slice(from, to),
      subscriptions: SUBSCRIPTIONS,
      handshakesMax,
      timeoutSeconds: 30,
    });
    if (result.failed > 0) {
      throw new Error(`${peer.name}: ${result.failed} failed: ${JSON.stringify(result.errors)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    context.progress(`${peer.name}: ${to} sessions, ${formatMegabytes(server.rssBytes())}`);
  };
  await connect(0, base);
  const baseRssBytes = server.rssBytes();
  await connect(base, connections);
  const idleCpu = server.cpuSeconds();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const fullRssBytes = server.rssBytes();
  return {
    name: peer.name,
    emptyRssBytes,
    baseRssBytes,
    fullRssBytes,
    bytesPerSession: (fullRssBytes - baseRssBytes) / (connections - base),
    idleCoreShare: (server.cpuSeconds() - idleCpu) / (IDLE_MS / 1000),
  };
}

function baseOf(connections: number): number {
  return Math.round(connections * BASE_SHARE);
}

function table(context: WorkloadContext, samples: readonly IdleSample[]): string {
  const rows = samples.map((sample) => [
    sample.name,
    `${(sample.bytesPerSession / 1024).toFixed(1)} KB`,
    formatMegabytes(sample.emptyRssBytes),
    formatMegabytes(sample.fullRssBytes),
    formatShare(sample.idleCoreShare),
  ]);
  for (const { name, hint } of context.skipped) {
    rows.push([`${name} (${hint})`, ...Array.from({ length: 4 }, () => "–")]);
  }
  return markdownTable(
    ["peer", "memory per session", "RSS empty", "RSS full", "server core while idle"],
    rows,
  );
}
