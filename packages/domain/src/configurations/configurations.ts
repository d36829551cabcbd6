import type { Secrets } from "../access/secrets.ts";
import type { EtagCondition } from "../devices/device-registry.ts";
import { HubError } from "../errors/hub-error.ts";
import type { JsonObject } from "../json/json-value.ts";
import { isJsonObject, member } from "../json/json-value.ts";
import { isSameJson } from "../json/same-json.ts";
import type { Limits } from "../limits/limits.ts";
import { parseQuery } from "../query/language/parse-query.ts";
import type { Clock } from "../time/clock.ts";
import { affectedBy } from "./affected-identities.ts";
import type { Configuration } from "./configuration.ts";
import type { ConfigurationMetricResults, ConfigurationMetrics } from "./configuration-metrics.ts";
import {
  checkConfigurationId,
  checkDeployment,
  checkMetricQueries,
  checkPlainFields,
  readContent,
  readTarget,
} from "./configuration-rules.ts";
import type { ConfigurationStore } from "./configuration-store.ts";
import type { ContentApplication } from "./content-application.ts";
import type { FleetRollout } from "./fleet-rollout.ts";

export interface ConfigurationsParts {
  readonly store: ConfigurationStore;
  readonly fleet: FleetRollout;
  readonly metrics: ConfigurationMetrics;
  readonly application: ContentApplication;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** What a client may decide about a configuration; absent members keep what is there. */
export interface ConfigurationInput {
  readonly id: string;
  readonly schemaVersion?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly content?: JsonObject | undefined;
  readonly targetCondition?: string | undefined;
  readonly priority?: number | undefined;
  readonly metricQueries?: Readonly<Record<string, string>> | undefined;
}

export interface ConfigurationWithMetrics {
  readonly configuration: Configuration;
  readonly results: ConfigurationMetricResults;
}

export interface QueryProblems {
  readonly targetCondition: string | undefined;
  readonly metricQueries: Readonly<Record<string, string>>;
}

/** Writers of one configuration that keep overtaking each other give up after so many tries. */
const ATTEMPTS_MAX = 16;
/** Counting for a list ends after this time; the configurations left come without results. */
const LIST_COUNTING_MS = 5_000;
const NO_RESULTS: ConfigurationMetricResults = { system: {}, custom: {} };

/** Settings for whatever devices, modules and edge devices meet a condition, now or later. */
export class Configurations implements AsyncDisposable {
  readonly #parts: ConfigurationsParts;

  constructor(parts: ConfigurationsParts) {
    this.#parts = parts;
  }

  /** Throws `ConfigurationAlreadyExists`, `TooManyConfigurations`, `ArgumentInvalid` and the four of its parts. */
  async create(input: ConfigurationInput): Promise<ConfigurationWithMetrics> {
    checkConfigurationId(input.id);
    const { store, secrets, clock, limits } = this.#parts;
    const nowMs = clock.now();
    const configuration = checked({
      id: input.id,
      etag: secrets.createEtag(),
      schemaVersion: input.schemaVersion,
      labels: input.labels,
      content: input.content ?? {},
      targetCondition: input.targetCondition ?? "",
      priority: input.priority ?? 0,
      metricQueries: input.metricQueries ?? {},
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    });
    const { length } = await store.list();
    if (length >= limits.configurationsMax) {
      throw new HubError("TooManyConfigurations", `The hub has ${length} configurations already`);
    }
    if ((await store.put(configuration, undefined)) === "conflict") {
      throw new HubError(
        "ConfigurationAlreadyExists",
        `A configuration with ID '${input.id}' exists already.`,
      );
    }
    return this.#changed(configuration);
  }

  /** Throws `ConfigurationNotFound`, `PreconditionFailed`, `ConfigurationImmutable` and as `create`. */
  async update(
    input: ConfigurationInput,
    condition: EtagCondition,
  ): Promise<ConfigurationWithMetrics> {
    const { store, secrets, clock } = this.#parts;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const current = await this.#require(input.id);
      if (condition !== "any" && condition.etag !== current.etag) throw conditionFailed(input.id);
      const configuration = checked({
        ...current,
        etag: secrets.createEtag(),
        schemaVersion: input.schemaVersion ?? current.schemaVersion,
        labels: input.labels ?? current.labels,
        content: input.content ?? current.content,
        targetCondition: input.targetCondition ?? current.targetCondition,
        priority: input.priority ?? current.priority,
        metricQueries: input.metricQueries ?? current.metricQueries,
        updatedAtMs: clock.now(),
      });
      if (!isSameJson(configuration.content, current.content)) {
        throw new HubError(
          "ConfigurationImmutable",
          `The content of configuration '${input.id}' cannot be changed.`,
        );
      }
      if ((await store.put(configuration, current.etag)) === "written") {
        return this.#changed(configuration);
      }
    }
    throw new HubError("Busy", `Configuration '${input.id}' changes too often`);
  }

  /** Its settings are taken back soon. Throws `ConfigurationNotFound`, `PreconditionFailed`. */
  async delete(id: string, condition: EtagCondition): Promise<void> {
    const expectedEtag = condition === "any" ? undefined : condition.etag;
    const configuration = await this.#parts.store.find(id);
    const outcome = await this.#parts.store.retire(id, expectedEtag);
    if (outcome === "missing") throw notFound(id);
    if (outcome === "conflict") throw conditionFailed(id);
    if (configuration === undefined) this.#parts.fleet.all();
    else this.#parts.fleet.some(affectedBy(configuration));
  }

  /** Throws `ConfigurationNotFound`. */
  async get(id: string): Promise<ConfigurationWithMetrics> {
    const configuration = await this.#require(id);
    return { configuration, results: await this.#parts.metrics.resultsOf(configuration) };
  }

  /** In order of id. */
  async list(top: number): Promise<readonly ConfigurationWithMetrics[]> {
    const { store, metrics, clock } = this.#parts;
    const untilMs = clock.now() + LIST_COUNTING_MS;
    const found: ConfigurationWithMetrics[] = [];
    for (const configuration of (await store.list()).slice(0, top)) {
      const isInTime = clock.now() < untilMs;
      const results = isInTime ? await metrics.resultsOf(configuration) : NO_RESULTS;
      found.push({ configuration, results });
    }
    return found;
  }

  /** What is wrong with queries, without anything being made of them. */
  testQueries(
    targetCondition: string | undefined,
    metricQueries: Readonly<Record<string, string>>,
  ): QueryProblems {
    const problems = Object.entries(metricQueries).flatMap(([name, query]) => {
      const problem = problemOf(() => parseQuery(query));
      return problem === undefined ? [] : [[name, problem] as const];
    });
    return {
      targetCondition: problemOf(() => readTarget(targetCondition ?? "", undefined)),
      metricQueries: Object.fromEntries(problems),
    };
  }

  /**
   * For this one device, once. Throws `ConfigurationBeingApplied`, `DeviceNotFound`, `ConfigurationInvalid`,
   * `TwinTooLarge`, `TooManyModules`.
   */
  async apply(deviceId: string, content: JsonObject): Promise<void> {
    await this.#parts.application.apply(deviceId, content);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.fleet[Symbol.asyncDispose]();
  }

  /** Nobody is in scope yet as the answer is made, so nothing is counted for it but by those who ask. */
  async #changed(configuration: Configuration): Promise<ConfigurationWithMetrics> {
    this.#parts.fleet.some(affectedBy(configuration));
    return { configuration, results: NO_RESULTS };
  }

  async #require(id: string): Promise<Configuration> {
    const configuration = await this.#parts.store.find(id);
    if (configuration === undefined) throw notFound(id);
    return configuration;
  }
}

function checked(configuration: Configuration): Configuration {
  checkPlainFields(configuration);
  const { kind, content } = readContent(configuration.content);
  const modulesContent = member(content, "modulesContent");
  if (isJsonObject(modulesContent)) checkDeployment(modulesContent);
  readTarget(configuration.targetCondition, kind);
  checkMetricQueries(configuration.metricQueries);
  return { ...configuration, content };
}

function problemOf(judge: () => unknown): string | undefined {
  try {
    judge();
    return undefined;
  } catch (error) {
    if (error instanceof HubError) return error.message;
    throw error;
  }
}

function notFound(id: string): HubError {
  return new HubError("ConfigurationNotFound", `There is no configuration '${id}'.`);
}

function conditionFailed(id: string): HubError {
  return new HubError("PreconditionFailed", `The ETag of configuration '${id}' does not match.`);
}
