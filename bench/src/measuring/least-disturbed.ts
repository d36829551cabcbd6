import type { Cores } from "../contender.ts";
import { coreBusySeconds } from "../processes/process-stats.ts";
import type { WorkloadContext } from "../workloads/workload.ts";

/** A measurement during which others used more of a core than this is made again, so often at most. */
const DISTURBED_SHARE = 0.08;
const ATTEMPTS_MAX = 4;
/** Pause after each measurement, so that one peer's tail of work is not charged to the next. */
const SETTLE_MS = 300;

/** Before each measurement the cores are given this long to become idle; then it is made regardless. */
const QUIET_WAIT_MS_MAX = 10_000;
const QUIET_POLL_MS = 500;

interface Disturbed {
  /** What others on the machine took of the cores meanwhile. */
  othersCoreShare: number;
}

/** Repeats a measurement that others on the machine disturbed, and keeps the least disturbed one. */
export async function leastDisturbed<Sample extends Disturbed>(
  context: WorkloadContext,
  name: string,
  measure: () => Promise<Sample>,
): Promise<Sample> {
  let best: Sample | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    await waitForQuiet(context.cores);
    const sample = await measure();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    if (best === undefined || sample.othersCoreShare < best.othersCoreShare) best = sample;
    if (best.othersCoreShare <= DISTURBED_SHARE) break;
    const percent = Math.round(sample.othersCoreShare * 100);
    context.progress(`${name}: others used ${percent} % of a core, attempt ${attempt}`);
  }
  return best!;
}

/** A line per peer whose best measurements were still disturbed. */
export function disturbanceNotes(
  results: readonly { name: string; samples: readonly Disturbed[] }[],
): string[] {
  return results.flatMap(({ name, samples }) => {
    const others = Math.max(...samples.map((sample) => sample.othersCoreShare));
    if (others <= DISTURBED_SHARE) return [];
    return [`- ${name}: others on the machine took up to ${Math.round(others * 100)} % of a core.`];
  });
}

async function waitForQuiet(cores: Cores): Promise<void> {
  const pinned = [cores.server, cores.load].filter((core) => core !== undefined);
  const busySeconds = () => pinned.map(coreBusySeconds);
  const endMs = performance.now() + QUIET_WAIT_MS_MAX;
  while (performance.now() < endMs) {
    const before = busySeconds();
    await new Promise((resolve) => setTimeout(resolve, QUIET_POLL_MS));
    const after = busySeconds();
    const shares = after.map((busy, index) => ((busy - before[index]!) * 1000) / QUIET_POLL_MS);
    if (shares.every((share) => share <= DISTURBED_SHARE)) return;
  }
}
