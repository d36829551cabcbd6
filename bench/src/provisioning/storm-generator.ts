import { fileURLToPath } from "node:url";
import { LoadProcess } from "../processes/load-process.ts";
import type {
  PrepareCommand,
  StormCommand,
  StormGeneratorCommand,
  StormGeneratorReport,
  StormResult,
} from "./storm-messages.ts";

const mainFile = fileURLToPath(new URL("./storm-main.ts", import.meta.url));
const ANSWER_MS_MAX = 10 * 60_000;

type StormProcess = LoadProcess<StormGeneratorCommand, StormGeneratorReport>;

/** The devices of a storm. */
export class StormGenerator implements AsyncDisposable {
  readonly #process: StormProcess;

  private constructor(process: StormProcess) {
    this.#process = process;
  }

  static async start({ core }: { core: number | undefined }): Promise<StormGenerator> {
    return new StormGenerator(await LoadProcess.start({ name: "the devices", mainFile, core }));
  }

  async prepare(command: Omit<PrepareCommand, "kind">): Promise<void> {
    const wanted = { kind: "prepared", msMax: ANSWER_MS_MAX } as const;
    await this.#process.ask({ kind: "prepare", ...command }, wanted);
  }

  async storm(command: Omit<StormCommand, "kind">): Promise<StormResult> {
    const wanted = { kind: "finished", msMax: ANSWER_MS_MAX } as const;
    return (await this.#process.ask({ kind: "storm", ...command }, wanted)).result;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
