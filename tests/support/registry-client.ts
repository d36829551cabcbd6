import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type Interface, createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { RegistryOutcome } from "./registry-main.ts";

const MAIN = fileURLToPath(new URL("./registry-main.ts", import.meta.url));

export interface RegistryClientOptions {
  readonly connectionString: string;
  readonly caFile: string;
}

/** The official registry client in a process of its own, which trusts the server's CA as users make it. */
export class RegistryClient implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  constructor({ connectionString, caFile }: RegistryClientOptions) {
    this.#child = spawn(process.execPath, ["--import", "tsx", MAIN, connectionString], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
    });
    this.#lines = createInterface({ input: this.#child.stdout! });
  }

  /** One call at a time. */
  async call(method: string, ...args: unknown[]): Promise<RegistryOutcome> {
    const answered = once(this.#lines, "line");
    const ended = once(this.#lines, "close").then(() => {
      throw new Error("The registry client ended");
    });
    this.#child.stdin!.write(`${JSON.stringify({ method, args })}\n`);
    const [line] = (await Promise.race([answered, ended])) as [string];
    return JSON.parse(line) as RegistryOutcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.stdin!.end();
    await ended;
  }
}
