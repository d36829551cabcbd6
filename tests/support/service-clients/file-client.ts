import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { FileCalls } from "./file-client-main.ts";

const MAIN = fileURLToPath(new URL("./file-client-main.ts", import.meta.url));

export interface FileCallFailure {
  readonly error: string;
  readonly message: string;
  readonly code?: string;
  readonly statusCode?: number;
}

/** Official clients for files in a process of its own, which trusts the server's CA as users make it. */
export class FileClient implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor({ caFile }: { caFile: string }) {
    this.#child = spawn(process.execPath, ["--import", "tsx", MAIN], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** One call at a time. Throws when it fails. */
  async call<Name extends keyof FileCalls>(
    name: Name,
    request: Parameters<FileCalls[Name]>[0],
  ): Promise<Awaited<ReturnType<FileCalls[Name]>>> {
    const outcome = await this.#perform(name, request);
    if ("result" in outcome) return outcome.result as Awaited<ReturnType<FileCalls[Name]>>;
    throw new Error(`${name} failed: ${JSON.stringify(outcome)}`);
  }

  async callInVain<Name extends keyof FileCalls>(
    name: Name,
    request: Parameters<FileCalls[Name]>[0],
  ): Promise<FileCallFailure> {
    const outcome = await this.#perform(name, request);
    if ("error" in outcome) return outcome;
    throw new Error(`${name} did not fail`);
  }

  async #perform(name: string, request: unknown): Promise<{ result: unknown } | FileCallFailure> {
    this.#child.stdin!.write(`${JSON.stringify({ name, request })}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error("The file client ended");
    return JSON.parse(line.value) as { result: unknown } | FileCallFailure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
