import { Contender } from "../contender.ts";
import { type LoadSample, measureLoad } from "./measure-load.ts";
import { median } from "../report/median.ts";
import { leastDisturbed } from "./least-disturbed.ts";
import type { ContestedPeer, Shape, WorkloadContext } from "../workloads/workload.ts";

/** Handshakes in progress while a workload merely prepares its connections. */
const PREPARING_HANDSHAKES_MAX = 64;
export interface ContestResult {
  name: string;
  version: string;
  acknowledgementMeans: string;
  samples: LoadSample[];
}

/** All peers up and connected at once, their windows interleaved: A B C, A B C, …, so that drift of the machine hits all alike. */
export async function contest(
  context: WorkloadContext,
  shape: Shape,
  ratePerSecond?: number,
): Promise<ContestResult[]> {
  const { options, cores, progress } = context;
  const contenders: Contender[] = [];
  try {
    for (const { peer } of context.peers) {
      progress(`${peer.name}: starting, ${shape.connections} connections`);
      const contender = await Contender.start({
        peer,
        cores,
        connectionsMax: shape.connections,
        tuneFor: ratePerSecond === undefined ? "throughput" : "latency",
      });
      contenders.push(contender);
      await contender.connect({
        connections: shape.connections,
        handshakesMax: PREPARING_HANDSHAKES_MAX,
      });
    }
    const command = {
      inFlight: shape.inFlight,
      payloadBytes: options.payloadBytes,
      warmupSeconds: options.warmupSeconds,
      seconds: options.seconds,
      ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    };
    const results = context.peers.map((contested) => emptyResult(contested));
    for (let round = 1; round <= options.rounds; round++) {
      for (const [index, contender] of contenders.entries()) {
        const sample = await leastDisturbed(context, contender.peer.name, () =>
          measureLoad(contender, cores, command),
        );
        results[index]!.samples.push(sample);
        progress(
          `${contender.peer.name}: round ${round}: ${Math.round(sample.acknowledgedPerSecond)}/s`,
        );
      }
    }
    return results;
  } finally {
    for (const contender of contenders) await contender[Symbol.asyncDispose]();
  }
}

export function medianOf(
  samples: readonly LoadSample[],
  pick: (sample: LoadSample) => number,
): number {
  return median(samples.map(pick));
}

export function countErrors(samples: readonly LoadSample[]): number {
  return samples.reduce((sum, sample) => {
    const errors = Object.values(sample.errors).reduce((total, count) => total + count, 0);
    return sum + errors + sample.unacknowledged;
  }, 0);
}

function emptyResult({ peer, version }: ContestedPeer): ContestResult {
  return {
    name: peer.name,
    version,
    acknowledgementMeans: peer.acknowledgementMeans,
    samples: [],
  };
}
