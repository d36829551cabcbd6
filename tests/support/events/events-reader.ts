import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { earliestEventPosition } from "@azure/event-hubs";
import type { ConnectionInfo } from "@larimar/server";
import type { ReaderRequest } from "./events-reader-main.ts";
import { resolvesLocalNamesTo } from "../local-names.ts";

export interface ReceivedEvent {
  readonly partitionId: string;
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedAtMs: number;
  readonly body: unknown;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly systemProperties: Readonly<Record<string, unknown>>;
  readonly messageId?: string;
  readonly correlationId?: string;
  readonly contentType?: string;
}

const MAIN = fileURLToPath(new URL("./events-reader-main.ts", import.meta.url));

/** The official Event Hubs client in a process of its own, which trusts the server's CA as users make it. */
export class EventsReader implements AsyncDisposable {
  readonly events: ReceivedEvent[] = [];
  readonly errors: string[] = [];
  readonly #child: ChildProcess;
  readonly #ready = new Set<string>();
  readonly #waiting = new Set<() => void>();

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when the client reads all partitions. */
  static async start(
    connection: ConnectionInfo,
    request: Partial<Omit<ReaderRequest, "connectionString">> = {},
  ): Promise<EventsReader> {
    const hub = connection.hubs[0];
    if (hub === undefined) throw new Error("The server has no hub");
    const full: ReaderRequest = {
      connectionString: hub.events.connectionString,
      consumerGroup: "$Default",
      transport: "tcp",
      start: earliestEventPosition,
      ...request,
    };
    const child = spawn(process.execPath, ["--import", "tsx", MAIN, JSON.stringify(full)], {
      stdio: ["pipe", "pipe", "inherit"],
      env: {
        ...process.env,
        ...resolvesLocalNamesTo(connection.host),
        NODE_EXTRA_CA_CERTS: connection.caFile,
      },
    });
    const reader = new EventsReader(child);
    createInterface({ input: child.stdout }).on("line", (line) => reader.#take(line));
    await reader.waitFor(() => reader.#ready.size === hub.events.partitionIds.length, "ready");
    return reader;
  }

  /** Waits until that many events have come. */
  async received(count: number, msMax = 60_000): Promise<readonly ReceivedEvent[]> {
    await this.waitFor(() => this.events.length >= count, `${count} events`, msMax);
    return this.events;
  }

  async waitFor(condition: () => boolean, what: string, msMax = 60_000): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const errors = this.errors.slice(0, 3).join("; ");
        reject(new Error(`No ${what} in time: ${this.events.length} events came. ${errors}`));
      }, msMax);
      const look = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(timer);
  }

  #take(line: string): void {
    const said = JSON.parse(line) as ReceivedEvent | { ready: string } | { error: string };
    if ("ready" in said) this.#ready.add(said.ready);
    else if ("error" in said) this.errors.push(said.error);
    else this.events.push(said);
    for (const look of this.#waiting) look();
  }
}
