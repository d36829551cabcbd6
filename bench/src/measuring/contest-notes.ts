import type { LoadSample } from "./measure-load.ts";
import type { ContestResult } from "./contest.ts";
import { disturbanceNotes } from "./least-disturbed.ts";
import type { WorkloadContext } from "../workloads/workload.ts";

const SATURATED_GENERATOR_SHARE = 0.97;

/** What an acknowledgement of each peer is worth, who is missing, and which figures deserve doubt. */
export function contestNotes(
  context: WorkloadContext,
  results: readonly { title: string; peers: readonly ContestResult[] }[],
): string {
  const lines = ["An acknowledgement means:"];
  for (const { peer, version } of context.peers) {
    lines.push(`- **${peer.name}** ${version}: ${peer.acknowledgementMeans}`);
  }
  for (const { name, hint } of context.skipped) lines.push(`- **${name}** skipped: ${hint}`);
  const doubts = results.flatMap(({ title, peers }) => [
    ...disturbanceNotes(peers.map(({ name, samples }) => ({ name: `${title}, ${name}`, samples }))),
    ...peers.flatMap((peer) => doubtsOf(title, peer)),
  ]);
  if (doubts.length > 0) lines.push("", "Read with care:", ...doubts);
  return lines.join("\n");
}

function doubtsOf(title: string, { name, samples }: ContestResult): string[] {
  const doubts: string[] = [];
  if (samples.some(isGeneratorFull)) {
    doubts.push(
      `- ${title}, ${name}: the load core was full, so acknowledgements per second is a lower bound: compare per server-core-second.`,
    );
  }
  const errors: Record<string, number> = {};
  for (const sample of samples) {
    for (const [reason, count] of Object.entries(sample.errors)) {
      errors[reason] = (errors[reason] ?? 0) + count;
    }
    if (sample.unacknowledged > 0) {
      errors["never acknowledged"] = (errors["never acknowledged"] ?? 0) + sample.unacknowledged;
    }
  }
  for (const [reason, count] of Object.entries(errors)) {
    doubts.push(`- ${title}, ${name}: ${count} × ${reason}.`);
  }
  return doubts;
}

/** An open loop watches the clock without rest, so its core is always full and that says nothing. */
function isGeneratorFull(sample: LoadSample): boolean {
  return sample.loop === "closed" && sample.generatorCoreShare > SATURATED_GENERATOR_SHARE;
}
