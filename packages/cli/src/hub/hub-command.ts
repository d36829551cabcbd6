import type { Command, Invocation } from "../command.ts";
import { EXIT_OK } from "../command-error.ts";
import type { Arguments } from "../read-arguments.ts";
import { readArguments } from "../read-arguments.ts";
import type { Connection, HubConnection } from "./connection-file.ts";
import { chooseHub, dataDirectory, readConnection } from "./connection-file.ts";
import { HubClient } from "./hub-client.ts";

export interface HubCommandInput {
  readonly args: Arguments;
  readonly directory: string;
  readonly connection: Connection;
  readonly hub: HubConnection;
  readonly client: HubClient;
}

/** What a command found out or did: for people, and the same for programs. */
export interface Result {
  readonly text: string;
  readonly json: unknown;
}

export interface HubCommandSpec {
  readonly positionals?: readonly string[];
  /** Beside --data, --hub and --json, which all have. */
  readonly options?: Readonly<
    Record<string, { readonly type: "string" | "boolean"; readonly usage: string }>
  >;
  readonly run: (input: HubCommandInput) => Promise<Result>;
}

const COMMON_OPTIONS = {
  data: {
    type: "string",
    usage: "--data DIR    data directory of the server (default: larimar-data)",
  },
  hub: { type: "string", usage: "--hub NAME    another hub than the default one" },
  json: { type: "boolean", usage: "--json        print JSON" },
} as const;

/** A command that asks a running server something. */
export function hubCommand(spec: HubCommandSpec): Command {
  const positionals = spec.positionals ?? [];
  const options = { ...spec.options, ...COMMON_OPTIONS };
  const usages = Object.values(options).map(({ usage }) => `  ${usage}`);
  return {
    usage: [[...positionals, "[options]"].join(" "), "", ...usages].join("\n"),
    async run({ args, environment, print }: Invocation): Promise<number> {
      const read = readArguments(args, { positionals, options });
      const directory = dataDirectory(read.text("data"), environment);
      const connection = await readConnection(directory);
      const hub = chooseHub(connection, read.text("hub"));
      const client = new HubClient(connection, hub);
      const result = await spec.run({ args: read, directory, connection, hub, client });
      print(read.isSet("json") ? JSON.stringify(result.json, null, 2) : result.text);
      return EXIT_OK;
    },
  };
}
