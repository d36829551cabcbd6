import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { pinnedCommand } from "../processes/pinned-command.ts";
import type {
  PrepareCommand,
  StormCommand,
  StormGeneratorCommand,
  StormGeneratorReport,
  StormResult,
} from "./storm-messages.ts";

const mainFile = fileURLToPath(new URL("./storm-main.ts", import.meta.url));
const ANSWER_MS_MAX = 10 * 60_000;

/** The devices of a storm as the rest of the harness sees them: a child process on its own core. */
export class StormGenerator implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(options: { core: number | undefined }): Promise<StormGenerator> {
    const { command, args } = pinnedCommand({
      command: process.execPath,
      args: [...process.execArgv, mainFile],
      core: options.core,
    });
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    await once(child, "spawn");
    return new StormGenerator(child);
  }

  async prepare(command: Omit<PrepareCommand, "kind">): Promise<void> {
    await this.#ask({ kind: "prepare", ...command });
  }

  async storm(command: Omit<StormCommand, "kind">): Promise<StormResult> {
    const answer = await this.#ask({ kind: "storm", ...command });
    if (answer.kind !== "finished") throw new Error(`unexpected '${answer.kind}'`);
    return answer.result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL"); // it holds nothing worth a clean end
    await exited;
  }

  async #ask(command: StormGeneratorCommand): Promise<StormGeneratorReport> {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const ended = once(this.#child, "exit", { signal }).then(() => {
      throw new Error("the devices ended unexpectedly");
    });
    ended.catch(() => {});
    const answered = once(this.#child, "message", { signal }) as Promise<[StormGeneratorReport]>;
    this.#child.send(command);
    const [report] = await Promise.race([answered, ended]);
    if (report.kind === "failed") throw new Error(`devices: ${report.message}`);
    return report;
  }
}
