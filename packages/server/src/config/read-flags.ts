import { parseArgs } from "node:util";
import type { ConfigSource } from "./config-sources.ts";
import { OPTIONS } from "./options.ts";

export interface Flags {
  readonly source: ConfigSource;
  readonly configFile: string | undefined;
  readonly problems: readonly string[];
}

/** Takes the command line apart; what the values mean is for the schema. */
export function readFlags(args: readonly string[]): Flags {
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string" },
      ...Object.fromEntries(OPTIONS.map((option) => [nameOf(option.flag), { type: "string" }])),
      ...Object.fromEntries(
        OPTIONS.filter(isSwitch).map((option) => [nameOf(option.flag), { type: "boolean" }]),
      ),
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  let configFile: string | undefined;
  for (const token of tokens) {
    if (token.kind === "positional") problems.push(`'${token.value}' is not expected here`);
    if (token.kind !== "option") continue;
    const { rawName, value } = token;
    const option = OPTIONS.find(({ flag }) => flag === rawName);
    if (option === undefined && rawName !== "--config") {
      problems.push(`${rawName} is not an option`);
    } else if (option !== undefined && isSwitch(option)) {
      values[option.key] = value ?? true;
    } else if (isMissing(value, token.inlineValue)) {
      problems.push(`${rawName} needs a value`);
    } else if (option === undefined) {
      configFile = value;
    } else if (option.isRepeatable) {
      values[option.key] = [...((values[option.key] as string[] | undefined) ?? []), value];
    } else {
      values[option.key] = value;
    }
  }
  const flags = new Map(OPTIONS.map((option) => [option.key as string, option.flag]));
  return {
    source: { values, nameOf: (key) => flags.get(key) ?? key },
    configFile,
    problems: [...new Set(problems)],
  };
}

function isSwitch(option: { placeholder?: string }): boolean {
  return option.placeholder === undefined;
}

/** `--data --ephemeral` lacks a value; a value that starts with a hyphen is written `--data=-x`. */
function isMissing(value: string | undefined, isInline: boolean | undefined): boolean {
  return value === undefined || value === "" || (!isInline && value.startsWith("-"));
}

function nameOf(flag: string): string {
  return flag.slice("--".length);
}
