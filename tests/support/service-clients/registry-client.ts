import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { RegistryOutcome } from "./registry-main.ts";

const MAIN = fileURLToPath(new URL("./registry-main.ts", import.meta.url));

export interface RegistryClientOptions {
  /** The host name, when there is a token of an identity provider. */
  readonly connectionString: string;
  readonly bearerToken?: string;
  readonly caFile: string;
  /** Of what goes over AMQP; TCP if absent. */
  readonly transport?: "websocket";
}

/** The official registry client in a process of its own, which trusts the server's CA as users make it. */
export class RegistryClient implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (outcome: RegistryOutcome) => void>();
  #lastId = 0;
  readonly #ended: Promise<never>;

  constructor({ connectionString, bearerToken, caFile, transport }: RegistryClientOptions) {
    const args = [connectionString, ...(bearerToken === undefined ? [] : [bearerToken])];
    this.#child = spawn(process.execPath, ["--import", "tsx", MAIN, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
      env: {
        ...process.env,
        NODE_EXTRA_CA_CERTS: caFile,
        SERVICE_TRANSPORT: transport ?? "tcp",
      },
    });
    this.#ended = once(this.#child, "exit").then(() => {
      throw new Error("The registry client ended");
    });
    this.#ended.catch(() => {});
    this.#child.stdin!.on("error", () => {});
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      const { id, outcome } = JSON.parse(line) as { id: number; outcome: RegistryOutcome };
      this.#waiting.get(id)?.(outcome);
      this.#waiting.delete(id);
    });
  }

  call(method: string, ...args: unknown[]): Promise<RegistryOutcome> {
    const id = ++this.#lastId;
    const answered = new Promise<RegistryOutcome>((resolve) => this.#waiting.set(id, resolve));
    this.#child.stdin!.write(`${JSON.stringify({ id, method, args })}\n`);
    return Promise.race([answered, this.#ended]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin!.end();
    await this.#ended.catch(() => {});
  }
}
