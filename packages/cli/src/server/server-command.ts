import type { Command, Invocation } from "../command.ts";
import { EXIT_OK } from "../command-error.ts";
import type { Connection } from "../hub/connection-file.ts";
import { dataDirectory, readConnection } from "../hub/connection-file.ts";
import type { Result } from "../hub/hub-command.ts";
import type { Arguments } from "../read-arguments.ts";
import { readArguments } from "../read-arguments.ts";
import { AdminClient } from "./admin-client.ts";

export interface ServerCommandInput {
  readonly args: Arguments;
  readonly directory: string;
  readonly connection: Connection;
  readonly admin: AdminClient;
}

export interface ServerCommandSpec {
  readonly positionals?: readonly string[];
  /** Beside --data and --json, which all have. */
  readonly options?: Readonly<
    Record<string, { readonly type: "string" | "boolean"; readonly usage: string }>
  >;
  readonly run: (input: ServerCommandInput) => Promise<Result>;
}

const COMMON_OPTIONS = {
  data: {
    type: "string",
    usage: "--data DIR    data directory of the server (default: larimar-data)",
  },
  json: { type: "boolean", usage: "--json        print JSON" },
} as const;

export const HUB_OPTION = {
  type: "string",
  usage: "--hub NAME    another hub than the default one",
} as const;

export const DPS_OPTION = {
  type: "string",
  usage: "--dps NAME    another provisioning service than the default one",
} as const;

/** A command that administers a running server. */
export function serverCommand(spec: ServerCommandSpec): Command {
  const positionals = spec.positionals ?? [];
  const options = { ...spec.options, ...COMMON_OPTIONS };
  const usages = Object.values(options).map(({ usage }) => `  ${usage}`);
  return {
    usage: [[...positionals, "[options]"].join(" "), "", ...usages].join("\n"),
    async run({ args, environment, print }: Invocation): Promise<number> {
      const read = readArguments(args, { positionals, options });
      const directory = dataDirectory(read.text("data"), environment);
      const connection = await readConnection(directory);
      const admin = new AdminClient(connection);
      const result = await spec.run({ args: read, directory, connection, admin });
      print(read.isSet("json") ? JSON.stringify(result.json, null, 2) : result.text);
      return EXIT_OK;
    },
  };
}
