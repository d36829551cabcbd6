import type { Config, ConfigKey } from "./config-schema.ts";
import { ConfigSchema, conflictsIn } from "./config-schema.ts";
import type { ConfigSource, ConfigSources } from "./config-sources.ts";

/** Everything that is wrong with the options, told together. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("; "));
    this.problems = problems;
  }
}

/** The one place where options become a Config. Throws `ConfigError`. */
export function parseConfig({ sources, problems: earlier }: ConfigSources): Config {
  const merged: Record<string, unknown> = Object.fromEntries(
    sources.flatMap(({ values }) => Object.entries(values)),
  );
  const parsed = ConfigSchema.safeParse(merged);
  const invalid = new Set<string>();
  const problems = [...earlier];
  for (const issue of parsed.error?.issues ?? []) {
    if (issue.code === "unrecognized_keys") {
      problems.push(...issue.keys.map((key) => `${nameIn(sources, key)} is not an option`));
      continue;
    }
    const key = String(issue.path[0]);
    if (!invalid.has(key)) problems.push(`${nameIn(sources, key)} ${issue.message}`);
    invalid.add(key);
  }
  // A value that is wrong in itself cannot also be in conflict with another.
  const sound = parsed.data ?? keepOnly(merged, invalid);
  for (const { keys, problem } of conflictsIn(sound)) {
    if (keys.some((key) => invalid.has(key))) continue;
    const given = keys.map((key) => nameIn(sources, key));
    problems.push(`${given.join(" and ")} ${problem}`);
  }
  if (parsed.data === undefined || problems.length > 0) throw new ConfigError(problems);
  return parsed.data;
}

/** The values that can be looked at on their own. */
function keepOnly(merged: Record<string, unknown>, invalid: ReadonlySet<string>) {
  const rest = Object.entries(merged).filter(
    ([key]) => !invalid.has(key) && Object.hasOwn(ConfigSchema.shape, key),
  );
  return ConfigSchema.partial().safeParse(Object.fromEntries(rest)).data ?? {};
}

/** As the source that won calls it; what nobody gave goes by its flag. */
function nameIn(sources: readonly ConfigSource[], key: string): string {
  const source = sources.findLast(({ values }) => Object.hasOwn(values, key)) ?? sources.at(-1);
  return source?.nameOf(key) ?? key;
}

const MASK = "********";

/** The effective values, safe to show. */
export function maskSecrets(
  config: Config,
  options: readonly { key: ConfigKey; isSecret?: boolean }[],
): Record<string, unknown> {
  return Object.fromEntries(
    options
      .filter(({ key }) => config[key] !== undefined)
      .map(({ key, isSecret }) => [key, isSecret ? MASK : config[key]]),
  );
}
