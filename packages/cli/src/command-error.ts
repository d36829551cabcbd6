/** Something did not work; the message is one sentence for a person. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
}

/** The command was called in a way that makes no sense. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";
}

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
