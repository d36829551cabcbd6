import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { pinnedCommand } from "./pinned-command.ts";
import { processCpuSeconds, processRssBytes, processWrittenBytes } from "./process-stats.ts";

const STOP_MS_MAX = 10_000;
const OUTPUT_CHARS_KEPT_MAX = 4000;
const POLL_MS = 50;

const running = new Set<ChildProcess>();

// No server outlives the benchmark, however that ends.
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A server run as a child process: started pinned, stopped by its own process id. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #name: string;
  #output = "";

  constructor(options: {
    name: string;
    command: string;
    args: readonly string[];
    core: number | undefined;
    /** Where it runs and may leave files; absent, the directory of this process. */
    directory?: string;
    /** Instead of the one of this process. */
    environment?: NodeJS.ProcessEnv;
  }) {
    const { command, args } = pinnedCommand(options);
    this.#name = options.name;
    this.#child = spawn(command, args, {
      cwd: options.directory ?? process.cwd(),
      ...(options.environment && { env: options.environment }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(this.#child);
    this.#child.once("exit", () => running.delete(this.#child));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_CHARS_KEPT_MAX);
      });
    }
    this.#child.on("error", (error) => {
      this.#output += error.message;
    });
  }

  cpuSeconds(): number {
    return processCpuSeconds(this.#pid);
  }

  rssBytes(): number {
    return processRssBytes(this.#pid);
  }

  writtenBytes(): number {
    return processWrittenBytes(this.#pid);
  }

  async waitForPort(address: { host: string; port: number }, timeoutMs: number): Promise<void> {
    await this.#waitUntil(() => isListening(address), timeoutMs, `port ${address.port}`);
  }

  async waitForLine(start: string, timeoutMs: number): Promise<void> {
    const hasLine = async () => this.#output.split("\n").some((line) => line.startsWith(start));
    await this.#waitUntil(hasLine, timeoutMs, `the line '${start}…'`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded || this.#child.pid === undefined) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS_MAX);
    await exited;
    clearTimeout(timer);
  }

  get #pid(): number {
    if (this.#child.pid === undefined || this.#hasEnded) {
      throw new Error(`${this.#name} is not running: ${this.#output.trim()}`);
    }
    return this.#child.pid;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #waitUntil(
    condition: () => Promise<boolean>,
    timeoutMs: number,
    what: string,
  ): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    while (!(await condition())) {
      if (this.#hasEnded || this.#child.pid === undefined) {
        throw new Error(`${this.#name} ended before it was ready: ${this.#output.trim()}`);
      }
      if (performance.now() > endMs) {
        throw new Error(`${this.#name} did not show ${what} in ${timeoutMs} ms: ${this.#output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

async function isListening(address: { host: string; port: number }): Promise<boolean> {
  const socket = connect(address);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
