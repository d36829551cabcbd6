import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ConnectionInfo } from "@larimar/server";
import type { ProvisioningCall, ProvisioningOutcome, RegisterArgs } from "./provisioning-main.ts";

const MAIN = fileURLToPath(new URL("./provisioning-main.ts", import.meta.url));

type Registration = Omit<RegisterArgs, "host" | "idScope"> & { readonly idScope?: string };

/** The official provisioning clients in a process of their own, which trusts the server's CA as users make it. */
export class ProvisioningClient implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #service: ConnectionInfo["provisioning"][number];
  readonly #waiting = new Map<number, (outcome: ProvisioningOutcome) => void>();
  readonly #ended: Promise<never>;
  #lastId = 0;

  constructor({ provisioning, caFile }: ConnectionInfo) {
    const [service] = provisioning;
    if (service === undefined) throw new Error("The server has no provisioning service");
    this.#service = service;
    this.#child = spawn(process.execPath, ["--import", "tsx", MAIN], {
      stdio: ["pipe", "pipe", "pipe"],
      // The clients ask for servers by address, which Node warns about.
      env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, NODE_NO_WARNINGS: "1" },
    });
    // They tell of every refusal there; it matters when they end.
    let complaints = "";
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => (complaints += text));
    this.#ended = once(this.#child, "close").then(() => {
      throw new Error(`The provisioning clients ended: ${complaints.slice(-2000)}`);
    });
    this.#ended.catch(() => {});
    this.#child.stdin!.on("error", () => {});
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      const { id, outcome } = JSON.parse(line) as { id: number; outcome: ProvisioningOutcome };
      this.#waiting.get(id)?.(outcome);
      this.#waiting.delete(id);
    });
  }

  register(registration: Registration): Promise<ProvisioningOutcome> {
    const { hostName: host, idScope } = this.#service;
    return this.#call({ register: { host, idScope, ...registration } });
  }

  /** A method of the service client, with its arguments. */
  service(method: string, ...args: unknown[]): Promise<ProvisioningOutcome> {
    return this.serviceAs(this.#service.connectionString, method, ...args);
  }

  /** The same for whoever has this connection string. */
  serviceAs(
    connectionString: string,
    method: string,
    ...args: unknown[]
  ): Promise<ProvisioningOutcome> {
    return this.#call({ service: { connectionString, method, args } });
  }

  async endorsementKeyOf(port: number): Promise<string> {
    const outcome = await this.#call({ endorsementKeyOf: { port } });
    if ("error" in outcome) throw new Error(outcome.message);
    return String(outcome.result["endorsementKey"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin!.end();
    await this.#ended.catch(() => {});
  }

  #call(call: Omit<ProvisioningCall, "id">): Promise<ProvisioningOutcome> {
    const id = ++this.#lastId;
    const answered = new Promise<ProvisioningOutcome>((resolve) => this.#waiting.set(id, resolve));
    this.#child.stdin!.write(`${JSON.stringify({ id, ...call })}\n`);
    return Promise.race([answered, this.#ended]);
  }
}
