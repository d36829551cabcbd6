import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { pinnedCommand } from "./pinned-command.ts";

/** What every process of a load may say besides its own words. */
interface Failure {
  readonly kind: "failed";
  readonly message: string;
}

/** A process that makes load, as the rest of the harness sees it: on a core of its own, taking orders over IPC. */
export class LoadProcess<
  Command extends { readonly kind: string },
  Report extends { readonly kind: string },
> implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcess;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
  }

  static async start<
    Command extends { readonly kind: string },
    Report extends { readonly kind: string },
  >(options: {
    name: string;
    mainFile: string;
    core: number | undefined;
  }): Promise<LoadProcess<Command, Report>> {
    // execArgv carries the TypeScript loader this process itself was started with.
    const { command, args } = pinnedCommand({
      command: process.execPath,
      args: [...process.execArgv, options.mainFile],
      core: options.core,
    });
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    await once(child, "spawn");
    return new LoadProcess(options.name, child);
  }

  /** Resolves with the report of the wanted kind; others on the way are passed to `onReport`. */
  ask<Kind extends Report["kind"]>(
    command: Command,
    wanted: { kind: Kind; msMax: number; onReport?: (report: Report) => void },
  ): Promise<Extract<Report, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const finish = (act: () => void) => {
        clearTimeout(timer);
        this.#child.off("message", onMessage);
        this.#child.off("exit", onExit);
        act();
      };
      const fail = (what: string) => finish(() => reject(new Error(`${this.#name} ${what}`)));
      const onMessage = (report: Report | Failure) => {
        if (report.kind === "failed") fail(`failed: ${(report as Failure).message}`);
        else if (report.kind === wanted.kind) {
          finish(() => resolve(report as Extract<Report, { kind: Kind }>));
        } else wanted.onReport?.(report as Report);
      };
      const onExit = () => fail("ended unexpectedly");
      const timer = setTimeout(
        () => fail(`took longer than ${wanted.msMax} ms with '${command.kind}'`),
        wanted.msMax,
      );
      this.#child.on("message", onMessage);
      this.#child.on("exit", onExit);
      this.#child.send(command);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL"); // it holds nothing worth a clean end
    await exited;
  }
}
