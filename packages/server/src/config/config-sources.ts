import { readFile } from "node:fs/promises";
import { readFlags } from "./read-flags.ts";
import { ENVIRONMENT_PREFIX, OPTIONS } from "./options.ts";

/** Raw values by option, and how a person calls the place they came from. */
export interface ConfigSource {
  readonly values: Readonly<Record<string, unknown>>;
  nameOf(key: string): string;
}

export interface ConfigSources {
  /** From the weakest to the strongest. */
  readonly sources: readonly ConfigSource[];
  /** What was wrong before a value could be looked at. */
  readonly problems: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Collects options from the config file, the environment and the flags; the stronger come last. */
export async function readConfigSources(
  args: readonly string[],
  environment: Environment,
): Promise<ConfigSources> {
  const flags = readFlags(args);
  const fromEnvironment = readEnvironment(environment);
  const file = flags.configFile ?? environment[`${ENVIRONMENT_PREFIX}CONFIG`];
  const problems = [...flags.problems, ...fromEnvironment.problems];
  const sources = [fromEnvironment.source, flags.source];
  if (file === undefined || file === "") return { sources, problems };
  const read = await readConfigFile(file);
  if (typeof read === "string") return { sources, problems: [read, ...problems] };
  return { sources: [read, ...sources], problems };
}

function readEnvironment(environment: Environment): {
  source: ConfigSource;
  problems: readonly string[];
} {
  const values: Record<string, unknown> = {};
  const known = new Map(OPTIONS.map((option) => [option.environmentName, option.key]));
  const problems: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || isNotMeantForUs(name)) continue;
    const key = known.get(name);
    if (key === undefined) problems.push(`${name} is not an option`);
    else if (value !== undefined && value !== "") values[key] = value;
  }
  const names = new Map(OPTIONS.map((option) => [option.key as string, option.environmentName]));
  return { source: { values, nameOf: (key) => names.get(key) ?? key }, problems };
}

/** Kubernetes describes a service called "larimar" in variables of these forms. */
function isNotMeantForUs(name: string): boolean {
  return name === `${ENVIRONMENT_PREFIX}CONFIG` || /^LARIMAR_(?:SERVICE|PORT)(?:_|$)/.test(name);
}

async function readConfigFile(file: string): Promise<ConfigSource | string> {
  let content: string;
  try {
    content = await readFile(file, "utf8");
  } catch (error) {
    return `config file ${file} cannot be read (${codeOf(error)})`;
  }
  try {
    const values: unknown = JSON.parse(content);
    if (typeof values === "object" && values !== null && !Array.isArray(values)) {
      return { values: { ...values }, nameOf: (key) => `${key} in ${file}` };
    }
  } catch {
    // Said below, as for JSON that is no object.
  }
  return `config file ${file} does not hold a JSON object`;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "unknown reason";
}
