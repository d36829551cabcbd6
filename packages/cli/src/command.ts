/** What a command gets from the process it runs in. */
export interface Invocation {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Results, for people or programs. */
  readonly print: (text: string) => void;
  /** Everything else: errors, progress. */
  readonly complain: (text: string) => void;
}

export interface Command {
  /** After its name: arguments and options, a line each, for `--help`. */
  readonly usage: string;
  /** Resolves with the exit code. Throws `UsageError` and `CommandError`. */
  run(invocation: Invocation): Promise<number>;
}
