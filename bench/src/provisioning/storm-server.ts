import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestCertificate } from "@larimar/testkit";
import type { LoadTarget } from "../load/messages.ts";
import type { RunningLarimar } from "../peers/larimar.ts";
import { startLarimar } from "../peers/larimar.ts";
import { sasToken } from "../peers/larimar-client.ts";

const SERVICE_API_VERSION = "2021-10-01";
const HUB_API_VERSION = "2021-04-12";
const PAGE_SIZE = 1000;

/** A server of a storm's own, with what an operator does around one. */
export class StormServer implements AsyncDisposable {
  readonly larimar: RunningLarimar;
  readonly #agent: Agent;
  readonly #onExit: () => void;

  private constructor(larimar: RunningLarimar, directory: string) {
    this.larimar = larimar;
    this.#agent = new Agent({ ca: larimar.caPem, keepAlive: true, servername: "localhost" });
    this.#onExit = () => rmSync(directory, { recursive: true, force: true });
    process.once("exit", this.#onExit);
  }

  static async start(options: { core: number | undefined }): Promise<StormServer> {
    const directory = await mkdtemp(join(tmpdir(), "larimar-bench-storm-"));
    try {
      return new StormServer(await startLarimar({ directory, ...options }), directory);
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get idScope(): string {
    return this.#service.idScope;
  }

  target(transport: "mqtt" | "https"): LoadTarget {
    const { address, connection, caPem } = this.larimar;
    return { host: address, port: connection.ports[transport], servername: "localhost", caPem };
  }

  /** A group with a key, which is returned; with a webhook, that decides about its devices. */
  async enrollKeys(groupId: string, webhookUrl?: string): Promise<string> {
    const primaryKey = randomBytes(32).toString("base64");
    const secondaryKey = randomBytes(32).toString("base64");
    await this.#enroll(groupId, {
      attestation: { type: "symmetricKey", symmetricKey: { primaryKey, secondaryKey } },
      ...(webhookUrl !== undefined && {
        allocationPolicy: "custom",
        customAllocationDefinition: { webhookUrl, apiVersion: "2019-03-31" },
      }),
    });
    return primaryKey;
  }

  async enrollCertificate(groupId: string, signer: TestCertificate): Promise<void> {
    const signingCertificates = { primary: { certificate: signer.certPem } };
    await this.#enroll(groupId, { attestation: { type: "x509", x509: { signingCertificates } } });
  }

  /** How many devices a group has, and how many of their ids are there more than once. */
  async registrationsOf(groupId: string): Promise<{ assigned: number; repeated: number }> {
    const deviceIds: string[] = [];
    let continuation: string | undefined;
    do {
      const answer = await this.#callService(
        "POST",
        `/registrations/${groupId}/query`,
        { query: "SELECT * FROM registrations" },
        {
          "x-ms-max-item-count": String(PAGE_SIZE),
          ...(continuation !== undefined && { "x-ms-continuation": continuation }),
        },
      );
      for (const { deviceId, status } of answer.body as { deviceId: string; status: string }[]) {
        if (status === "assigned") deviceIds.push(deviceId);
      }
      continuation = answer.continuation;
    } while (continuation !== undefined);
    return { assigned: deviceIds.length, repeated: deviceIds.length - new Set(deviceIds).size };
  }

  /** Identities in the hub, however they came there. */
  async identityCount(): Promise<number> {
    const [hub] = this.larimar.connection.hubs;
    const connectionString = hub!.connectionStrings.iothubowner;
    const path = `/statistics/devices?api-version=${HUB_API_VERSION}`;
    const host = hub!.hostName;
    const { body } = await this.#call({ method: "GET", path, host, connectionString });
    return (body as { totalDeviceCount: number }).totalDeviceCount;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    await this.larimar[Symbol.asyncDispose]();
    process.off("exit", this.#onExit);
    this.#onExit();
  }

  get #service() {
    const [service] = this.larimar.connection.provisioning;
    if (service === undefined) throw new Error("connection.json names no provisioning service");
    return service;
  }

  async #enroll(enrollmentGroupId: string, members: object): Promise<void> {
    const body = { enrollmentGroupId, ...members };
    await this.#callService("PUT", `/enrollmentGroups/${enrollmentGroupId}`, body);
  }

  #callService(method: string, path: string, body: unknown, headers = {}) {
    const { hostName: host, connectionString } = this.#service;
    const query = `api-version=${SERVICE_API_VERSION}`;
    const call = { method, path: `${path}?${query}`, host, connectionString, body, headers };
    return this.#call(call);
  }

  #call(call: {
    method: string;
    path: string;
    host: string;
    connectionString: string;
    body?: unknown;
    headers?: Readonly<Record<string, string>>;
  }): Promise<{ body: unknown; continuation: string | undefined }> {
    const { method, path, host, connectionString, headers } = call;
    const fieldOf = (name: string) =>
      new RegExp(`(?:^|;)${name}=([^;]+)`).exec(connectionString)?.[1] ?? "";
    const authorization = sasToken({
      resource: host,
      key: fieldOf("SharedAccessKey"),
      policy: fieldOf("SharedAccessKeyName"),
    });
    const text = call.body === undefined ? "" : JSON.stringify(call.body);
    return new Promise((resolve, reject) => {
      const outgoing = request({
        agent: this.#agent,
        host: this.larimar.address,
        port: this.larimar.connection.ports.https,
        method,
        path,
        headers: {
          host,
          authorization,
          "content-type": "application/json; charset=utf-8",
          "content-length": Buffer.byteLength(text),
          ...headers,
        },
      });
      outgoing.on("error", reject);
      outgoing.on("response", (response) => {
        let answer = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode !== 200) {
            reject(new Error(`${method} ${path}: ${response.statusCode} ${answer}`));
            return;
          }
          const continuation = response.headers["x-ms-continuation"]?.toString();
          resolve({ body: JSON.parse(answer), continuation });
        });
      });
      outgoing.end(text);
    });
  }
}
