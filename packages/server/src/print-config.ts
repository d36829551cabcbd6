import { readConfigSources } from "./config/config-sources.ts";
import { OPTIONS } from "./config/options.ts";
import { maskSecrets, parseConfig } from "./config/parse-config.ts";

/** The effective options as a config file, secrets masked. Throws `ConfigError`. */
export async function printConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const config = parseConfig(await readConfigSources(args, environment));
  return JSON.stringify(maskSecrets(config, OPTIONS), null, 2);
}
