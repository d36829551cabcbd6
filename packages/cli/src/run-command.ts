import type { Invocation } from "./command.ts";
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE, CommandError, UsageError } from "./command-error.ts";
import { COMMANDS, findCommand } from "./command-table.ts";

/** The whole command line; resolves with the exit code. */
export async function runCommandLine(invocation: Invocation): Promise<number> {
  const { args: words, print, complain } = invocation;
  const [first] = words;
  if (first === undefined || first === "help" || isHelp(first)) {
    print(describeCommands());
    return first === undefined ? EXIT_USAGE : EXIT_OK;
  }
  if (first === "--version" || first === "version") {
    print((await import("./read-version.ts")).readVersion());
    return EXIT_OK;
  }
  const found = findCommand(words);
  if (found === undefined) {
    const name = words.slice(0, 2).join(" ");
    complain(`larimar: '${name}' is not a command; see \`larimar --help\`.`);
    return EXIT_USAGE;
  }
  const { entry, args } = found;
  const command = await entry.load();
  if (args.some(isHelp)) {
    const [synopsis, ...options] = command.usage.split("\n");
    print([`larimar ${entry.name} ${synopsis}`, "", entry.summary, ...options].join("\n"));
    return EXIT_OK;
  }
  try {
    return await command.run({ ...invocation, args });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    complain(`larimar: ${error.message}`);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  }
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

function describeCommands(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    "larimar COMMAND [options]",
    "",
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "`larimar COMMAND --help` says more; --json prints results for programs.",
  ].join("\n");
}
