import type { Queries } from "../query/queries.ts";
import type { Clock } from "../time/clock.ts";
import type { Configuration, ConfigurationKind } from "./configuration.ts";
import { kindOfContent } from "./configuration-rules.ts";

export type MetricResults = Readonly<Record<string, number>>;

export interface ConfigurationMetricResults {
  readonly system: MetricResults;
  readonly custom: MetricResults;
}

export interface ConfigurationMetricsParts {
  readonly queries: Pick<Queries, "count">;
  readonly clock: Clock;
}

/** Whoever asks again within this time gets the same answer. */
const RESULTS_KEPT_MS = 2_000;
/** Configurations whose results are kept; beyond it the oldest go. */
const RESULTS_KEPT_MAX = 200;

/** Counts how far configurations have come. */
export class ConfigurationMetrics {
  readonly #parts: ConfigurationMetricsParts;
  readonly #kept = new Map<
    string,
    { atMs: number; results: Promise<ConfigurationMetricResults> }
  >();

  constructor(parts: ConfigurationMetricsParts) {
    this.#parts = parts;
  }

  /** A metric whose query is refused, or takes too long, has no result. */
  async resultsOf(configuration: Configuration): Promise<ConfigurationMetricResults> {
    const name = `${configuration.id}/${configuration.etag}`;
    const nowMs = this.#parts.clock.now();
    const kept = this.#kept.get(name);
    if (kept !== undefined && nowMs - kept.atMs < RESULTS_KEPT_MS) return kept.results;
    const results = this.#evaluate(configuration);
    this.#kept.delete(name);
    this.#kept.set(name, { atMs: nowMs, results });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > RESULTS_KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
    return results;
  }

  async #evaluate(configuration: Configuration): Promise<ConfigurationMetricResults> {
    const system = await this.#count(systemMetricQueries(configuration));
    return { system, custom: await this.#count(configuration.metricQueries) };
  }

  /** One after the other: readers have others to serve. */
  async #count(queries: Readonly<Record<string, string>>): Promise<MetricResults> {
    const results: [string, number][] = [];
    for (const [name, query] of Object.entries(queries)) {
      try {
        results.push([name, await this.#parts.queries.count(query)]);
      } catch {
        // Test queries say why; here the others count.
      }
    }
    return Object.fromEntries(results);
  }
}

/** (protocol reference: query-language 7, edge 8.4) */
export function systemMetricQueries({
  id,
  content,
  targetCondition,
}: Configuration): Readonly<Record<string, string>> {
  const kind = kindOfContent(content);
  const targetedCount = targetQuery(kind, targetCondition.trim());
  const isApplied = `configurations.[[${id}]].status = 'Applied'`;
  if (kind !== "edge") {
    const appliedCount = `${selectFrom(kind)} where ${isApplied}`;
    return { targetedCount, appliedCount };
  }
  const appliedCount = `select deviceId from devices.modules where moduleId = '$edgeAgent' and ${isApplied}`;
  const hasReported = `${appliedCount} and properties.desired.$version = properties.reported.lastDesiredVersion and properties.reported.lastDesiredStatus.code`;
  return {
    targetedCount,
    appliedCount,
    reportedSuccessfulCount: `${hasReported} = 200`,
    reportedFailedCount: `${hasReported} != 200`,
  };
}

function targetQuery(kind: ConfigurationKind, condition: string): string {
  const ofEdge = kind === "edge" ? ["capabilities.iotEdge = true"] : [];
  if (condition === "") return `${selectFrom(kind)} where 1 = 0`;
  // For modules, and as one may write it for devices too, the condition names its collection.
  const bare = condition.replace(/^from\s+devices(?:\.modules)?(?:\s+where\s+|\s*$)/i, "");
  const isAll = bare === "" || bare === "*";
  const conditions = isAll ? ofEdge : [...ofEdge, ofEdge.length === 0 ? bare : `(${bare})`];
  const where = conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`;
  return `${selectFrom(kind)}${where}`;
}

function selectFrom(kind: ConfigurationKind): string {
  return kind === "module"
    ? "select deviceId, moduleId from devices.modules"
    : "select deviceId from devices";
}
