import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ConnectionInfo } from "@larimar/server";
import type { ArmOutcome } from "./arm-main.ts";
import { resolvesLocalNamesTo } from "../local-names.ts";

const MAIN = fileURLToPath(new URL("./arm-main.ts", import.meta.url));

/** The official management clients in a process of their own, which trusts the server's CA as users make it. */
export class ArmClient implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (outcome: ArmOutcome) => void>();
  readonly #ended: Promise<never>;
  #lastId = 0;

  constructor({ admin, caFile, host }: ConnectionInfo, token = admin.token) {
    this.#child = spawn(process.execPath, ["--import", "tsx", MAIN, admin.endpoint, token], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...resolvesLocalNamesTo(host), NODE_EXTRA_CA_CERTS: caFile },
    });
    this.#ended = once(this.#child, "exit").then(() => {
      throw new Error("The management client ended");
    });
    this.#ended.catch(() => {});
    this.#child.stdin!.on("error", () => {});
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      const { id, outcome } = JSON.parse(line) as { id: number; outcome: ArmOutcome };
      this.#waiting.get(id)?.(outcome);
      this.#waiting.delete(id);
    });
  }

  /** What a call comes to; a refusal too is an outcome. */
  attempt(method: string, ...args: unknown[]): Promise<ArmOutcome> {
    const id = ++this.#lastId;
    const answered = this.#answer(id);
    this.#child.stdin!.write(`${JSON.stringify({ id, method, args })}\n`);
    return Promise.race([answered, this.#ended]);
  }

  /** The value that a call comes to. */
  async call<Value = unknown>(method: string, ...args: unknown[]): Promise<Value> {
    const outcome = await this.attempt(method, ...args);
    if ("value" in outcome) return outcome.value as Value;
    throw new Error(`${method}: ${outcome.error} ${outcome.code ?? ""} ${outcome.message}`);
  }

  /** Resolves when a device that was told to stay connected is. */
  async connected(): Promise<void> {
    await Promise.race([this.#answer(0), this.#ended]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin!.end();
    await this.#ended.catch(() => {});
  }

  #answer(id: number): Promise<ArmOutcome> {
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }
}
