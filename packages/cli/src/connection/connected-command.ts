import type { Command, Invocation } from "../command.ts";
import { EXIT_OK } from "../command-error.ts";
import type { Arguments } from "../read-arguments.ts";
import { readArguments } from "../read-arguments.ts";
import type { Connection } from "./connection-file.ts";
import { dataDirectory, readConnection } from "./connection-file.ts";

export interface ConnectedInput {
  readonly args: Arguments;
  readonly directory: string;
  readonly connection: Connection;
}

/** What a command found out or did: for people, and the same for programs. */
export interface Result {
  readonly text: string;
  readonly json: unknown;
}

export interface OptionSpec {
  readonly type: "string" | "boolean";
  /** What stands for the value in the help. */
  readonly argument?: string;
  readonly usage: string;
}

export interface ConnectedCommandSpec<Input = ConnectedInput> {
  readonly positionals?: readonly string[];
  /** Beside --data and --json, which all have. */
  readonly options?: Readonly<Record<string, OptionSpec>>;
  readonly run: (input: Input) => Promise<Result>;
}

const COMMON_OPTIONS = {
  data: {
    type: "string",
    argument: "DIR",
    usage: "data directory of the server (default: larimar-data)",
  },
  json: { type: "boolean", usage: "print JSON" },
} as const;

/** A command that needs a running server, found through the `connection.json` that it wrote. */
export function connectedCommand(spec: ConnectedCommandSpec): Command {
  const positionals = spec.positionals ?? [];
  const options = { ...spec.options, ...COMMON_OPTIONS };
  return {
    usage: [[...positionals, "[options]"].join(" "), "", ...describeOptions(options)].join("\n"),
    async run({ args, environment, print }: Invocation): Promise<number> {
      const read = readArguments(args, { positionals, options });
      const directory = dataDirectory(read.text("data"), environment);
      const connection = await readConnection(directory);
      const result = await spec.run({ args: read, directory, connection });
      print(read.isSet("json") ? JSON.stringify(result.json, null, 2) : result.text);
      return EXIT_OK;
    },
  };
}

function describeOptions(options: Readonly<Record<string, OptionSpec>>): string[] {
  const flags = Object.entries(options).map(([name, { argument }]) =>
    argument === undefined ? `--${name}` : `--${name} ${argument}`,
  );
  const width = Math.max(...flags.map((flag) => flag.length));
  return Object.values(options).map(({ usage }, at) => `  ${flags[at]!.padEnd(width)}  ${usage}`);
}
