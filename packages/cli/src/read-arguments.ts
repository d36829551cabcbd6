import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";
import { UsageError } from "./command-error.ts";

type OptionSpecs = NonNullable<ParseArgsConfig["options"]>;

export interface Arguments {
  /** In order, exactly as many as were asked for. */
  readonly positionals: readonly string[];
  readonly text: (option: string) => string | undefined;
  readonly isSet: (option: string) => boolean;
}

/** Takes a command line apart. Throws `UsageError`. */
export function readArguments(
  args: readonly string[],
  wanted: { positionals: readonly string[]; options: OptionSpecs },
): Arguments {
  const { positionals, values } = parse(args, wanted.options);
  const missing = wanted.positionals[positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`);
  const surplus = positionals[wanted.positionals.length];
  if (surplus !== undefined) throw new UsageError(`'${surplus}' is not expected here.`);
  return {
    positionals,
    text: (option) => {
      const value = values[option];
      return typeof value === "string" ? value : undefined;
    },
    isSet: (option) => values[option] === true,
  };
}

function parse(args: readonly string[], options: OptionSpecs) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const [reason = ""] = (error as Error).message.split(". ");
    throw new UsageError(`${reason.replace(/\.$/, "")}.`);
  }
}
