import type { ConfigKey, OptionInfo } from "./config-schema.ts";
import { ConfigSchema, optionInfo } from "./config-schema.ts";

/** One option, under the names it has in its three sources. */
export interface Option extends OptionInfo {
  readonly key: ConfigKey;
  readonly flag: string;
  readonly environmentName: string;
}

export const ENVIRONMENT_PREFIX = "LARIMAR_";

export const OPTIONS: readonly Option[] = Object.entries(ConfigSchema.shape).map(
  ([key, schema]) => {
    const info = optionInfo.get(schema);
    if (info === undefined) throw new Error(`Option '${key}' is not described`);
    const words = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return {
      ...info,
      key: key as ConfigKey,
      flag: `--${words}`,
      environmentName: ENVIRONMENT_PREFIX + words.replaceAll("-", "_").toUpperCase(),
    };
  },
);

/** The options as `larimar start --help` shows them. */
export function describeOptions(): string {
  const defaults = ConfigSchema.parse({});
  const rows = OPTIONS.map((option) => {
    const usage = [option.flag, option.placeholder].filter(Boolean).join(" ");
    const value = defaults[option.key];
    const notes = [
      ...(option.isRepeatable ? ["repeatable"] : []),
      ...(value === undefined || value === false ? [] : [`default: ${String(value)}`]),
    ];
    return [
      usage,
      option.description + (notes.length > 0 ? ` (${notes.join(", ")})` : ""),
    ] as const;
  });
  rows.push([
    "--config FILE",
    "JSON file with options: mqttPort for --mqtt-port, lists for repeatable ones",
  ]);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return rows.map(([usage, text]) => `  ${usage.padEnd(width)}  ${text}`).join("\n");
}
