import type { Contender, Cores } from "../contender.ts";
import { CoreWatch } from "./core-watch.ts";
import type { RunCommand } from "../load/messages.ts";

/** One measured window of one peer. Shares are of one core. */
export interface LoadSample {
  loop: "closed" | "open";
  acknowledgedPerSecond: number;
  acknowledgedPerServerCoreSecond: number;
  serverCoreShare: number;
  generatorCoreShare: number;
  /** What others on the machine took of the two cores, the worse of both: above a few per cent the sample is not to be trusted. */
  othersCoreShare: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
  serverRssBytes: number;
  unacknowledged: number;
  connectionsLost: number;
  errors: Record<string, number>;
}

export async function measureLoad(
  contender: Contender,
  cores: Cores,
  command: Omit<RunCommand, "kind">,
): Promise<LoadSample> {
  const { server, generator } = contender;
  let watch = new CoreWatch(contender, cores);
  let serverRssBytes = 0;
  const result = await generator.run(command, (kind) => {
    if (kind === "window-opened") watch = new CoreWatch(contender, cores);
    else {
      watch.stop();
      serverRssBytes = server.rssBytes();
    }
  });
  return {
    loop: command.ratePerSecond === undefined ? "closed" : "open",
    acknowledgedPerSecond: result.acknowledged / result.seconds,
    acknowledgedPerServerCoreSecond: result.acknowledged / watch.serverCpuSeconds,
    serverCoreShare: watch.serverCpuSeconds / watch.seconds,
    generatorCoreShare: result.generatorCpuSeconds / result.seconds,
    othersCoreShare: watch.othersCoreShare(result.generatorCpuSeconds),
    p50Ms: result.latency.p50Ms,
    p99Ms: result.latency.p99Ms,
    p999Ms: result.latency.p999Ms,
    maxMs: result.latency.maxMs,
    serverRssBytes,
    unacknowledged: result.unacknowledged,
    connectionsLost: result.connectionsLost,
    errors: result.errors,
  };
}
