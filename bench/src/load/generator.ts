import { fileURLToPath } from "node:url";
import { LoadProcess } from "../processes/load-process.ts";
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

type GeneratorProcess = LoadProcess<GeneratorCommand, GeneratorReport>;

/** Devices that publish, or do whatever else a workload measures. */
export class Generator implements AsyncDisposable {
  readonly #process: GeneratorProcess;

  private constructor(process: GeneratorProcess) {
    this.#process = process;
  }

  static async start({ core }: { core: number | undefined }): Promise<Generator> {
    return new Generator(await LoadProcess.start({ name: "the load generator", mainFile, core }));
  }

  async connect(command: Omit<ConnectCommand, "kind">): Promise<ConnectResult> {
    const msMax = (command.timeoutSeconds + command.identities.length * 0.1) * 1000;
    const wanted = { kind: "connected", msMax } as const;
    return (await this.#process.ask({ kind: "connect", ...command }, wanted)).result;
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
    await this.#process.ask({ kind: "disconnect" }, { kind: "disconnected", msMax: 60_000 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }

  async #measure(command: RunCommand | PatchCommand, onMilestone: OnMilestone): Promise<RunResult> {
    const answer = await this.#process.ask(command, {
      kind: "ran",
      msMax: (command.warmupSeconds + command.seconds + 30) * 1000,
      onReport: ({ kind }) => {
        if (kind === "window-opened" || kind === "window-closed") onMilestone(kind);
      },
    });
    return answer.result;
  }
}
