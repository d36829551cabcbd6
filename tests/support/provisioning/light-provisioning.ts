import { Agent, request } from "node:https";
import type { ConnectionInfo } from "@larimar/server";
import { signToken } from "@larimar/testkit";
import { readFileSync } from "node:fs";

const API_VERSION = "2019-03-31";
const CONNECTIONS_MAX = 50;
const DEFAULT_RETRY_AFTER_S = 2;

/** What the service last said to a device. */
export interface LightOutcome {
  readonly status: number;
  readonly body: {
    readonly status?: string;
    readonly errorCode?: number;
    readonly operationId?: string;
    readonly registrationState?: Readonly<Record<string, unknown>>;
  };
}

/** How devices prove themselves; a certificate, or a key that their token is signed with. */
export type LightProof =
  | { readonly key: string }
  | { readonly certPem: string; readonly keyPem: string };

/** Thousands of devices in one process: the device API over HTTPS, with nothing that an SDK does besides. */
export class LightProvisioning implements Disposable {
  readonly #idScope: string;
  readonly #host: string;
  readonly #address: string;
  readonly #port: number;
  readonly #caPem: string;
  readonly #agent: Agent;

  constructor(connection: ConnectionInfo, address: string) {
    const [service] = connection.provisioning;
    if (service === undefined) throw new Error("The server has no provisioning service");
    this.#idScope = service.idScope;
    this.#host = service.hostName;
    this.#address = address;
    this.#port = connection.ports.https;
    this.#caPem = readFileSync(connection.caFile, "utf8");
    this.#agent = this.#newAgent();
  }

  /** Registers, and asks again as often and as late as it is told to. */
  async register(
    registrationId: string,
    proof: LightProof,
    options: { readonly payload?: unknown } = {},
  ): Promise<LightOutcome> {
    const body = { registrationId, ...options };
    let answer = await this.send({ registrationId, proof, method: "PUT", path: "register", body });
    while (answer.status === 202) {
      const { retryAfterS } = answer;
      await new Promise((resolve) => setTimeout(resolve, retryAfterS * 1000));
      const path = `operations/${answer.body.operationId}`;
      answer = await this.send({ registrationId, proof, method: "GET", path });
    }
    return { status: answer.status, body: answer.body };
  }

  /** One request of the device API, whatever is in it. */
  send(call: {
    readonly registrationId: string;
    readonly proof: LightProof | undefined;
    readonly method: string;
    readonly path: string;
    /** A text goes as it is. */
    readonly body?: unknown;
    readonly idScope?: string;
  }): Promise<LightOutcome & { readonly retryAfterS: number }> {
    const { registrationId, proof, method, path, body, idScope = this.#idScope } = call;
    const resource = `${idScope}/registrations/${registrationId}`;
    const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
    const isKey = proof !== undefined && "key" in proof;
    return new Promise((resolve, reject) => {
      const outgoing = request({
        agent: proof === undefined || isKey ? this.#agent : this.#newAgent(proof),
        host: this.#address,
        port: this.#port,
        method,
        path: `/${resource}/${path}?api-version=${API_VERSION}`,
        headers: {
          host: this.#host,
          "content-type": "application/json; charset=utf-8",
          "content-length": Buffer.byteLength(text),
          ...(isKey && {
            authorization: signToken({ resource, key: proof.key, policyName: "registration" }),
          }),
        },
      });
      outgoing.on("error", reject);
      outgoing.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("error", reject);
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const retryAfterS = Number(response.headers["retry-after"] ?? DEFAULT_RETRY_AFTER_S);
          const answer = JSON.parse(Buffer.concat(chunks).toString()) as LightOutcome["body"];
          resolve({ status: response.statusCode ?? 0, body: answer, retryAfterS });
        });
      });
      outgoing.end(text);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  /** Those of devices with certificates are for one request: nobody else may use their connections. */
  #newAgent(proof?: { readonly certPem: string; readonly keyPem: string }): Agent {
    return new Agent({
      ca: this.#caPem,
      keepAlive: proof === undefined,
      maxSockets: CONNECTIONS_MAX,
      ...(proof && { cert: proof.certPem, key: proof.keyPem }),
    });
  }
}
