import { Contender } from "../contender.ts";
import { CoreWatch } from "../measuring/core-watch.ts";
import { formatCount, formatMs, formatShare } from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import { median } from "../report/median.ts";
import { disturbanceNotes, leastDisturbed } from "../measuring/least-disturbed.ts";
import type { Workload, WorkloadContext } from "./workload.ts";
import { DEFAULT_HANDSHAKES_MAX } from "./workload.ts";

const DEFAULT_CONNECTIONS = 2000;

interface StormSample {
  connectionsPerSecond: number;
  connectionsPerServerCoreSecond: number;
  serverCoreShare: number;
  generatorCoreShare: number;
  othersCoreShare: number;
  p50Ms: number;
  p99Ms: number;
}

export const connectStorm: Workload = {
  name: "connect-storm",
  summary: "new connections: TCP, full TLS 1.3 handshake, CONNECT until CONNACK",

  async run(context: WorkloadContext) {
    const connections = connectionsOf(context);
    const samples = new Map<string, StormSample[]>();
    const contenders: Contender[] = [];
    try {
      for (const { peer } of context.peers) {
        const contender = await Contender.start({
          peer,
          cores: context.cores,
          connectionsMax: connections,
          tuneFor: "throughput",
        });
        contenders.push(contender);
        await contender.server.identities(connections); // registering devices is not part of the storm
        samples.set(peer.name, []);
      }
      for (let round = 1; round <= context.options.rounds; round++) {
        for (const contender of contenders) {
          const sample = await storm(context, contender);
          samples.get(contender.peer.name)!.push(sample);
          context.progress(
            `${contender.peer.name}: round ${round}: ${Math.round(sample.connectionsPerSecond)}/s`,
          );
        }
      }
    } finally {
      for (const contender of contenders) await contender[Symbol.asyncDispose]();
    }
    const title = `**${formatCount(connections)} connections**, ${handshakesOf(context)} at a time; medians of ${context.options.rounds} rounds`;
    const notes = disturbanceNotes(
      [...samples].map(([name, rounds]) => ({ name, samples: rounds })),
    );
    return {
      markdown: [title, table(context, samples), ...notes].join("\n\n"),
      data: { results: Object.fromEntries(samples), skipped: context.skipped },
    };
  },
};

/** One storm; again when others used the cores meanwhile, and the least disturbed counts. */
async function storm(context: WorkloadContext, contender: Contender): Promise<StormSample> {
  return leastDisturbed(context, contender.peer.name, async () => {
    const watch = new CoreWatch(contender, context.cores);
    const result = await contender.connect({
      connections: connectionsOf(context),
      handshakesMax: handshakesOf(context),
    });
    watch.stop();
    await contender.generator.disconnect();
    return {
      connectionsPerSecond: result.connected / result.seconds,
      connectionsPerServerCoreSecond: result.connected / watch.serverCpuSeconds,
      serverCoreShare: watch.serverCpuSeconds / watch.seconds,
      generatorCoreShare: result.generatorCpuSeconds / result.seconds,
      othersCoreShare: watch.othersCoreShare(result.generatorCpuSeconds),
      p50Ms: result.latency.p50Ms,
      p99Ms: result.latency.p99Ms,
    };
  });
}

function connectionsOf({ options }: WorkloadContext): number {
  return options.connections ?? DEFAULT_CONNECTIONS;
}

function handshakesOf({ options }: WorkloadContext): number {
  return options.handshakesMax ?? DEFAULT_HANDSHAKES_MAX;
}

function table(context: WorkloadContext, samples: ReadonlyMap<string, StormSample[]>): string {
  const rows = [...samples].map(([name, rounds]) => {
    const of = (pick: (sample: StormSample) => number) => median(rounds.map(pick));
    return [
      name,
      formatCount(of((sample) => sample.connectionsPerSecond)),
      formatCount(of((sample) => sample.connectionsPerServerCoreSecond)),
      formatShare(of((sample) => sample.serverCoreShare)),
      formatShare(of((sample) => sample.generatorCoreShare)),
      formatMs(of((sample) => sample.p50Ms)),
      formatMs(of((sample) => sample.p99Ms)),
    ];
  });
  for (const { name, hint } of context.skipped) {
    rows.push([`${name} (${hint})`, ...Array.from({ length: 6 }, () => "–")]);
  }
  return markdownTable(
    [
      "peer",
      "connections/s",
      "per server-core-second",
      "server core",
      "load core",
      "p50 ms",
      "p99 ms",
    ],
    rows,
  );
}
