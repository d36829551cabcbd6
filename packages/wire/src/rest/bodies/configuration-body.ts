import type {
  ConfigurationInput,
  ConfigurationWithMetrics,
  MetricResults,
  QueryProblems,
} from "@larimar/domain";
import { systemMetricQueries } from "@larimar/domain";
import { z } from "zod";
import { AnyJsonObject } from "../json-schema.ts";
import { formatTimestamp } from "../timestamps.ts";

const Texts = z.record(z.string(), z.string());

/** What a client may write; the rest of what it sends back is overlooked. (protocol reference: service-facing 2.15) */
export const ConfigurationBody = z.object({
  id: z.string().nullish(),
  schemaVersion: z.string().nullish(),
  labels: Texts.nullish(),
  content: AnyJsonObject.nullish(),
  targetCondition: z.string().nullish(),
  priority: z.int().nullish(),
  metrics: z.object({ queries: Texts.nullish() }).nullish(),
});

const Metrics = z.object({
  results: z.record(z.string(), z.int()),
  queries: z.record(z.string(), z.string()),
});

/** A configuration as clients read it; one client looks into its objects without asking whether they are there. */
export const ConfigurationDocument = z.object({
  id: z.string(),
  schemaVersion: z.string().nullable(),
  labels: Texts.nullable(),
  content: AnyJsonObject,
  contentType: z.literal("assignment"),
  targetCondition: z.string(),
  priority: z.int(),
  createdTimeUtc: z.iso.datetime(),
  lastUpdatedTimeUtc: z.iso.datetime(),
  systemMetrics: Metrics,
  metrics: Metrics,
  etag: z.string(),
});

export const TestQueriesBody = z.object({
  targetCondition: z.string().nullish(),
  customMetricQueries: Texts.nullish(),
});

export const TestQueriesResult = z.object({
  targetConditionError: z.string().nullable(),
  customMetricQueryErrors: Texts,
});

export function toConfigurationInput(
  id: string,
  body: z.output<typeof ConfigurationBody>,
): ConfigurationInput {
  return {
    id,
    schemaVersion: body.schemaVersion ?? undefined,
    labels: body.labels ?? undefined,
    content: body.content ?? undefined,
    targetCondition: body.targetCondition ?? undefined,
    priority: body.priority ?? undefined,
    metricQueries: body.metrics?.queries ?? undefined,
  };
}

export function toConfigurationDocument({
  configuration,
  results,
}: ConfigurationWithMetrics): z.output<typeof ConfigurationDocument> {
  const metrics = (counts: MetricResults, queries: Readonly<Record<string, string>>) => ({
    results: { ...counts },
    queries: { ...queries },
  });
  return {
    id: configuration.id,
    schemaVersion: configuration.schemaVersion ?? null,
    labels: configuration.labels ?? null,
    content: configuration.content,
    contentType: "assignment",
    targetCondition: configuration.targetCondition,
    priority: configuration.priority,
    createdTimeUtc: formatTimestamp(configuration.createdAtMs),
    lastUpdatedTimeUtc: formatTimestamp(configuration.updatedAtMs),
    systemMetrics: metrics(results.system, systemMetricQueries(configuration)),
    metrics: metrics(results.custom, configuration.metricQueries),
    etag: configuration.etag,
  };
}

export function toTestQueriesResult(problems: QueryProblems): z.output<typeof TestQueriesResult> {
  return {
    targetConditionError: problems.targetCondition ?? null,
    customMetricQueryErrors: { ...problems.metricQueries },
  };
}
