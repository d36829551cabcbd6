import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { pinnedCommand } from "../processes/pinned-command.ts";
import type {
  ConnectCommand,
  ConnectResult,
  GeneratorCommand,
  GeneratorReport,
  PatchCommand,
  RunCommand,
  RunResult,
} from "./messages.ts";

const mainFile = fileURLToPath(new URL("./generator-main.ts", import.meta.url));

export type OnMilestone = (kind: "window-opened" | "window-closed") => void;

/** The load generator as the rest of the harness sees it: a child process on its own core. */
export class Generator implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(options: { core: number | undefined }): Promise<Generator> {
    // execArgv carries the TypeScript loader this process itself was started with.
    const { command, args } = pinnedCommand({
      command: process.execPath,
      args: [...process.execArgv, mainFile],
      core: options.core,
    });
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    await once(child, "spawn");
    return new Generator(child);
  }

  async connect(command: Omit<ConnectCommand, "kind">): Promise<ConnectResult> {
    const waitMs = (command.timeoutSeconds + command.identities.length * 0.1) * 1000;
    const answer = await this.#ask({ kind: "connect", ...command }, "connected", waitMs);
    return answer.result;
  }

  /** `onMilestone` is called as the measured window opens and closes. */
  run(command: Omit<RunCommand, "kind">, onMilestone: OnMilestone): Promise<RunResult> {
    return this.#measure({ kind: "run", ...command }, onMilestone);
  }

  /** The same with patches of reported properties instead of telemetry. */
  patch(command: Omit<PatchCommand, "kind">, onMilestone: OnMilestone): Promise<RunResult> {
    return this.#measure({ kind: "patch", ...command }, onMilestone);
  }

  async disconnect(): Promise<void> {
    await this.#ask({ kind: "disconnect" }, "disconnected", 60_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL"); // it holds nothing worth a clean end
    await exited;
  }

  async #measure(command: RunCommand | PatchCommand, onMilestone: OnMilestone): Promise<RunResult> {
    const waitMs = (command.warmupSeconds + command.seconds + 30) * 1000;
    const answer = await this.#ask(command, "ran", waitMs, (report) => {
      if (report.kind === "window-opened" || report.kind === "window-closed") {
        onMilestone(report.kind);
      }
    });
    return answer.result;
  }

  #ask<Kind extends GeneratorReport["kind"]>(
    command: GeneratorCommand,
    answerKind: Kind,
    timeoutMs: number,
    onReport: (report: GeneratorReport) => void = () => {},
  ): Promise<Extract<GeneratorReport, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void) => {
        clearTimeout(timer);
        this.#child.off("message", onMessage);
        this.#child.off("exit", onExit);
        act();
      };
      const onMessage = (report: GeneratorReport) => {
        if (report.kind === answerKind) {
          finish(() => resolve(report as Extract<GeneratorReport, { kind: Kind }>));
        } else if (report.kind === "failed") {
          finish(() => reject(new Error(`load generator: ${report.message}`)));
        } else onReport(report);
      };
      const onExit = () => finish(() => reject(new Error("the load generator ended unexpectedly")));
      const timer = setTimeout(
        () =>
          finish(() => reject(new Error(`the load generator took longer than ${timeoutMs} ms`))),
        timeoutMs,
      );
      this.#child.on("message", onMessage);
      this.#child.on("exit", onExit);
      this.#child.send(command);
    });
  }
}
