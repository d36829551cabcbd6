import {
  formatCount,
  formatMegabytes,
  formatMs,
  formatRatio,
  formatShare,
} from "../report/format.ts";
import { markdownTable } from "../report/markdown-table.ts";
import { type ContestResult, contest, countErrors, medianOf } from "../measuring/contest.ts";
import { contestNotes } from "../measuring/contest-notes.ts";
import type { Shape, Workload, WorkloadContext } from "./workload.ts";

const DEFAULT_SHAPES: readonly Shape[] = [
  { connections: 50, inFlight: 16 },
  { connections: 1000, inFlight: 4 },
  { connections: 10_000, inFlight: 1 },
];
const REFERENCE_PEER = "mosquitto";

export const fanIn: Workload = {
  name: "fan-in",
  summary: "durable QoS 1 telemetry over TLS, closed loop: acknowledgements per second and core",

  async run(context: WorkloadContext) {
    const results = [];
    for (const shape of context.options.shapes ?? DEFAULT_SHAPES) {
      const title = `${shape.connections}×${shape.inFlight}`;
      results.push({ title, peers: await contest(context, shape) });
    }
    const sections = results.map(
      ({ title, peers }) =>
        `**${title}** (connections × in flight), ${context.options.payloadBytes} B, medians of ${context.options.rounds} rounds of ${context.options.seconds} s\n\n${table(context, peers)}`,
    );
    return {
      markdown: [...sections, contestNotes(context, results)].join("\n\n"),
      data: { results, skipped: context.skipped },
    };
  },
};

function table(context: WorkloadContext, results: readonly ContestResult[]): string {
  const reference = results.find((result) => result.name === REFERENCE_PEER);
  const referencePerCore = reference === undefined ? undefined : perCore(reference);
  const rows = results.map((result) => {
    const { samples } = result;
    return [
      result.name,
      formatCount(medianOf(samples, (sample) => sample.acknowledgedPerSecond)),
      formatCount(perCore(result)),
      rangePerCore(result),
      formatRatio(perCore(result), referencePerCore),
      formatShare(medianOf(samples, (sample) => sample.serverCoreShare)),
      formatShare(medianOf(samples, (sample) => sample.generatorCoreShare)),
      formatMs(medianOf(samples, (sample) => sample.p50Ms)),
      formatMs(medianOf(samples, (sample) => sample.p99Ms)),
      formatMegabytes(medianOf(samples, (sample) => sample.serverRssBytes)),
      formatCount(countErrors(samples)),
    ];
  });
  for (const { name, hint } of context.skipped) {
    rows.push([`${name} (${hint})`, ...Array.from({ length: 10 }, () => "–")]);
  }
  return markdownTable(
    [
      "peer",
      "acks/s",
      "acks per server-core-second",
      "lowest–highest",
      `vs ${REFERENCE_PEER}`,
      "server core",
      "load core",
      "p50 ms",
      "p99 ms",
      "server RSS",
      "errors",
    ],
    rows,
  );
}

function perCore({ samples }: ContestResult): number {
  return medianOf(samples, (sample) => sample.acknowledgedPerServerCoreSecond);
}

function rangePerCore({ samples }: ContestResult): string {
  const values = samples.map((sample) => sample.acknowledgedPerServerCoreSecond);
  return `${formatCount(Math.min(...values))}–${formatCount(Math.max(...values))}`;
}
