import { StartError, StorageError, resetData } from "@larimar/server";
import type { Command } from "../command.ts";
import { CommandError, EXIT_OK, UsageError } from "../command-error.ts";
import { dataDirectory } from "../connection/connection-file.ts";
import { readArguments } from "../read-arguments.ts";

export const reset: Command = {
  usage: [
    "--yes [options]",
    "",
    "  --yes       really delete every hub, device, event and key",
    "  --data DIR  data directory (default: larimar-data)",
    "  --json      print JSON",
  ].join("\n"),
  async run({ args, environment, print }) {
    const read = readArguments(args, {
      positionals: [],
      options: { yes: { type: "boolean" }, data: { type: "string" }, json: { type: "boolean" } },
    });
    const directory = dataDirectory(read.text("data"), environment);
    if (!read.isSet("yes")) {
      throw new UsageError(
        `This deletes every hub, device, event and key in '${directory}'; add --yes to do it.`,
      );
    }
    try {
      await resetData(directory);
    } catch (error) {
      if (error instanceof StartError || error instanceof StorageError) {
        throw new CommandError(error.message);
      }
      throw error;
    }
    print(
      read.isSet("json")
        ? JSON.stringify({ directory, isReset: true }, null, 2)
        : `'${directory}' was reset.`,
    );
    return EXIT_OK;
  },
};
