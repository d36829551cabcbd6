export type { Command, Invocation } from "./command.ts";
export { CommandError, UsageError } from "./command-error.ts";
export { runCommandLine } from "./run-command.ts";
