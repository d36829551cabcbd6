import { formatCount, formatMs, formatShare } from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import { type ContestResult, contest, countErrors, medianOf } from "../measuring/contest.ts";
import { contestNotes } from "../measuring/contest-notes.ts";
import type { Shape, Workload, WorkloadContext } from "./workload.ts";

/** The window only bounds memory here: with 64 in flight the rate, not the window, decides when a message leaves. */
const DEFAULT_SHAPES: readonly Shape[] = [{ connections: 50, inFlight: 64 }];

export const fixedRate: Workload = {
  name: "fixed-rate",
  summary:
    "QoS 1 telemetry at a fixed rate, open loop: latency from the moment each message was due",

  async run(context: WorkloadContext) {
    const rate = context.options.ratePerSecond;
    const results = [];
    for (const shape of context.options.shapes ?? DEFAULT_SHAPES) {
      const title = `${formatCount(rate)}/s over ${shape.connections} connections`;
      results.push({ title, peers: await contest(context, shape, rate) });
    }
    const sections = results.map(
      ({ title, peers }) =>
        `**${title}**, ${context.options.payloadBytes} B, medians of ${context.options.rounds} rounds of ${context.options.seconds} s\n\n${table(peers)}`,
    );
    return {
      markdown: [...sections, contestNotes(context, results)].join("\n\n"),
      data: { results, skipped: context.skipped },
    };
  },
};

function table(results: readonly ContestResult[]): string {
  const rows = results.map(({ name, samples }) => [
    name,
    formatCount(medianOf(samples, (sample) => sample.acknowledgedPerSecond)),
    formatMs(medianOf(samples, (sample) => sample.p50Ms)),
    formatMs(medianOf(samples, (sample) => sample.p99Ms)),
    formatMs(medianOf(samples, (sample) => sample.p999Ms)),
    formatMs(medianOf(samples, (sample) => sample.maxMs)),
    formatShare(medianOf(samples, (sample) => sample.serverCoreShare)),
    formatCount(countErrors(samples)),
  ]);
  return markdownTable(
    ["peer", "acks/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "server core", "errors"],
    rows,
  );
}
