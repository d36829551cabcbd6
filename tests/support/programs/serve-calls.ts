import { createInterface } from "node:readline";

/** The other side of a `Program`: answers one call for each line of standard input, until that closes. */
export function serveCalls(calls: Readonly<Record<string, (args: never) => unknown>>): void {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const { id, call, args } = JSON.parse(line) as { id: number; call: string; args: never };
    const answer = (rest: object) => process.stdout.write(`${JSON.stringify({ id, ...rest })}\n`);
    Promise.resolve()
      .then(() => calls[call]!(args))
      .then(
        (value) => answer({ ok: true, value }),
        (error: Error) => answer({ ok: false, error: `${error.name}: ${error.message}` }),
      );
  });
  lines.on("close", () => process.exit(0));
}
