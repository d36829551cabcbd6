import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

type Answer = { readonly id: number } & (
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string }
);

/** Longer than an SDK may take for any one thing, and shorter than a test. */
const CALL_MS_MAX = 120_000;
/** The end of what a program complained about is enough to see why it ended. */
const COMPLAINT_LENGTH_MAX = 4000;

/**
 * A program in another language that drives an official SDK: it reads one call per line of JSON,
 * `{id, call, args}`, and answers each with `{id, ok, value}` or `{id, ok, error}`, in any order. It
 * ends when its standard input closes. Starting one is dear, so that a suite starts one for all its tests.
 */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  constructor({ command, args, env = {} }: ProgramOptions) {
    this.#child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    let complaints = "";
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      complaints = (complaints + text).slice(-COMPLAINT_LENGTH_MAX);
    });
    this.#ended = once(this.#child, "close").then(() => {
      throw new Error(`The program ended: ${complaints}`);
    });
    this.#ended.catch(() => {});
    this.#child.stdin!.on("error", () => {});
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      const answer = JSON.parse(line) as Answer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  /** Rejects with what the SDK said when it failed. */
  async call(call: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = ++this.#lastId;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#child.stdin!.write(`${JSON.stringify({ id, call, args })}\n`);
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      const error = new Error(`${call}: no answer in ${CALL_MS_MAX} ms`);
      timer = setTimeout(() => reject(error), CALL_MS_MAX);
    });
    const answer = await Promise.race([answered, this.#ended, tooLate]);
    clearTimeout(timer);
    if (!answer.ok) throw new Error(`${call}: ${answer.error}`);
    return answer.value;
  }

  /** As when its machine loses power. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended.catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await this.#ended.catch(() => {});
    clearTimeout(timer);
  }
}
