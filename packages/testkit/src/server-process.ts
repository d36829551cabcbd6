import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { ConnectionInfo } from "@larimar/server";
import { HubClient } from "./hub-client.ts";

export interface ServerProcessOptions {
  readonly dataDirectory: string;
  /** A loopback address of the test's own, so that several servers can keep the ports SDKs know. */
  readonly address?: string;
  /** Free ports unless the test is about the standard ones. */
  readonly usesStandardPorts?: boolean;
  readonly args?: readonly string[];
  readonly readyMsMax?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const READY_LINE = /^Larimar is ready/m;
const READY_MS_MAX = 60_000;

/** The built command. It has to exist: `npm run build` makes it. */
export const COMMAND_FILE = fileURLToPath(
  new URL("../../cli/dist/bundle/larimar.js", import.meta.url),
);

/** A server in a process of its own, as users run it; it can be killed and started again. */
export class ServerProcess implements AsyncDisposable {
  readonly #options: ServerProcessOptions;
  readonly #address: string;
  #running: RunningCommand | undefined;
  #connection: ConnectionInfo | undefined;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
    this.#address = options.address ?? "127.0.0.1";
  }

  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const server = new ServerProcess(options);
    await server.start();
    return server;
  }

  get connection(): ConnectionInfo {
    if (this.#connection === undefined) throw new Error("The server was not started");
    return this.#connection;
  }

  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  get output(): string {
    return this.#running?.stdout ?? "";
  }

  get logs(): string {
    return this.#running?.stderr ?? "";
  }

  client(hubName?: string): HubClient {
    return HubClient.fromConnection(this.connection, { hubName, address: this.#address });
  }

  async start(): Promise<void> {
    const {
      dataDirectory,
      usesStandardPorts,
      args = [],
      readyMsMax = READY_MS_MAX,
    } = this.#options;
    const ports = usesStandardPorts
      ? []
      : ["--mqtt-port", "0", "--amqp-port", "0", "--https-port", "0"];
    const place = ["--data", dataDirectory, "--bind", this.#address, "--host", this.#address];
    const running = runCommand(["start", ...place, ...ports, ...args]);
    this.#running = running;
    const isReady = await running.waitForOutput(READY_LINE, readyMsMax);
    if (!isReady) {
      await this.kill();
      throw new Error(`The server did not get ready: ${running.stdout}${running.stderr}`);
    }
    const file = path.join(dataDirectory, "connection.json");
    this.#connection = JSON.parse(await readFile(file, "utf8")) as ConnectionInfo;
  }

  /** As a power cut would end it. */
  kill(): Promise<Ended> {
    return this.signal("SIGKILL");
  }

  stop(): Promise<Ended> {
    return this.signal("SIGTERM");
  }

  async signal(signal: NodeJS.Signals): Promise<Ended> {
    const running = this.#running;
    if (running === undefined) return { code: null, signal: null };
    running.child.kill(signal);
    return running.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

export interface RunningCommand {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly stdout: string;
  readonly stderr: string;
  readonly ended: Promise<Ended>;
  /** False when the command ended, or the time was up, before its output matched. */
  waitForOutput(pattern: RegExp, msMax: number): Promise<boolean>;
}

/** Runs the built `larimar` command with nothing of this process's own environment that could matter. */
export function runCommand(
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** Only a process of the root user can run another one as somebody else. */
    readonly uid?: number;
  } = {},
): RunningCommand {
  const child = spawn(process.execPath, [COMMAND_FILE, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
    env: { PATH: process.env["PATH"], ...options.env },
  });
  const command = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (command.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (command.stderr += text));
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return {
    child,
    ended,
    get stdout() {
      return command.stdout;
    },
    get stderr() {
      return command.stderr;
    },
    waitForOutput: (pattern, msMax) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), msMax);
        const look = () => pattern.test(command.stdout) && finish(true);
        const finish = (outcome: boolean) => {
          clearTimeout(timer);
          child.stdout.off("data", look);
          resolve(outcome);
        };
        child.stdout.on("data", look);
        void ended.then(() => finish(pattern.test(command.stdout)));
        look();
      }),
  };
}
