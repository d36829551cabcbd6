import { ConfigError, describeOptions, printConfig } from "@larimar/server";
import type { Command } from "../../command.ts";
import { EXIT_OK, UsageError } from "../../command-error.ts";

export const configPrint: Command = {
  usage: `[options of start]\n\n${describeOptions()}`,
  async run({ args, environment, print }) {
    try {
      print(
        await printConfig(
          args.filter((word) => word !== "--json"),
          environment,
        ),
      );
      return EXIT_OK;
    } catch (error) {
      if (error instanceof ConfigError) throw new UsageError(`${error.message}.`);
      throw error;
    }
  },
};
