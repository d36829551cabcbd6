import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningLarimar } from "../peers/larimar.ts";
import { startLarimar } from "../peers/larimar.ts";
import type { WorkloadContext } from "../workloads/workload.ts";

/** Runs `measure` on a server of its own: what one round leaves behind is no burden for the next. */
export async function onOwnServer<T>(
  { cores }: WorkloadContext,
  measure: (server: RunningLarimar) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "larimar-bench-"));
  try {
    await using server = await startLarimar({ directory, core: cores.server });
    return await measure(server);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export async function secondsOf(action: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await action();
  return (performance.now() - beganMs) / 1000;
}
