import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);
const COMMAND_MS_MAX = 10_000;

/** Runs a short command to its end; `undefined` when the machine does not have it. */
export async function runCommand(
  command: string,
  args: readonly string[],
): Promise<{ output: string } | undefined> {
  try {
    const { stdout, stderr } = await execFileAsync(command, args, { timeout: COMMAND_MS_MAX });
    return { output: stdout + stderr };
  } catch (error) {
    const failure = error as NodeJS.ErrnoException & { stdout?: string; stderr?: string };
    if (failure.code === "ENOENT") return undefined;
    // Some programs print their version with a non-zero exit code.
    if (typeof failure.code === "number") {
      return { output: `${failure.stdout ?? ""}${failure.stderr ?? ""}` };
    }
    throw error;
  }
}
