import type { JsonObject } from "../json/json-value.ts";

/** What a configuration is about: devices, modules, or what runs on edge devices. */
export type ConfigurationKind = "device" | "module" | "edge";

/** Settings for the twins of whatever meets a condition, now or later. */
export interface Configuration {
  readonly id: string;
  readonly etag: string;
  /** As the client wrote it; nothing depends on it. */
  readonly schemaVersion: string | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** One of `deviceContent`, `moduleContent` and `modulesContent`; it never changes. */
  readonly content: JsonObject;
  /** Empty for nobody, `*` for all. */
  readonly targetCondition: string;
  /** The higher one wins; of two that are equal, the one made last. */
  readonly priority: number;
  readonly metricQueries: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** In order of precedence, the first one wins. */
export function byPrecedence(a: Configuration, b: Configuration): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  if (a.createdAtMs !== b.createdAtMs) return b.createdAtMs - a.createdAtMs;
  return a.id < b.id ? 1 : -1;
}
