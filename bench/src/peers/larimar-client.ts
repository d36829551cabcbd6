import { createHmac } from "node:crypto";
import { Agent, request } from "node:https";
import type { EventsAccess } from "../events/event-receiver.ts";
import type { MqttIdentity } from "../load/mqtt/mqtt-packets.ts";

/** The part of `connection.json` the benchmarks use. */
export interface Connection {
  host: string;
  ports: { mqtt: number; amqp: number; https: number };
  caFile: string;
  provisioning: { hostName: string; idScope: string; connectionString: string }[];
  hubs: {
    name: string;
    hostName: string;
    connectionStrings: { iothubowner: string };
    events: { entityPath: string; partitionIds: string[] };
  }[];
}

const API_VERSION = "2021-04-12";
const TOKEN_TTL_SECONDS = 86_400;
const REQUESTS_IN_PROGRESS_MAX = 32;
const REQUEST_MS_MAX = 30_000;
const DEVICES_PER_REQUEST = 100;
const PROGRESS_EVERY = 100_000;

/** What a benchmark asks of a running Larimar through its public interface, with no code of Larimar's own. */
export class LarimarClient {
  readonly hostName: string;
  readonly #address: string;
  readonly #port: number;
  readonly #agent: Agent;
  readonly #ownerKey: string;
  readonly #amqpPort: number;
  readonly #events: Connection["hubs"][number]["events"];
  readonly #caPem: string;
  readonly #devices: MqttIdentity[] = [];
  #ownerToken: string | undefined;

  constructor(options: { address: string; connection: Connection; caPem: string }) {
    const hub = options.connection.hubs[0];
    if (hub === undefined) throw new Error("connection.json names no hub");
    const key = /(?:^|;)SharedAccessKey=([^;]+)/.exec(hub.connectionStrings.iothubowner)?.[1];
    if (key === undefined) throw new Error("the iothubowner connection string has no key");
    this.hostName = hub.hostName;
    this.#address = options.address;
    this.#port = options.connection.ports.https;
    this.#ownerKey = key;
    this.#amqpPort = options.connection.ports.amqp;
    this.#events = hub.events;
    this.#caPem = options.caPem;
    this.#agent = new Agent({
      ca: options.caPem,
      keepAlive: true,
      maxSockets: REQUESTS_IN_PROGRESS_MAX,
      servername: hub.hostName,
    });
  }

  eventsAccess(): EventsAccess {
    const { hostName } = this;
    return {
      target: {
        host: this.#address,
        port: this.#amqpPort,
        servername: hostName,
        caPem: this.#caPem,
      },
      user: `iothubowner@sas.root.${hostName}`,
      password: sasToken({ resource: hostName, key: this.#ownerKey, policy: "iothubowner" }),
      ...this.#events,
    };
  }

  /** Makes sure that `count` devices exist; devices made earlier are used again. */
  async createDevices(count: number): Promise<MqttIdentity[]> {
    const authorization = sasToken({
      resource: this.hostName,
      key: this.#ownerKey,
      policy: "iothubowner",
    });
    let next = this.#devices.length;
    const createNext = async () => {
      while (next < count) {
        const index = next++;
        this.#devices[index] = await this.#createDevice(index, authorization);
      }
    };
    await Promise.all(Array.from({ length: REQUESTS_IN_PROGRESS_MAX }, createNext));
    return this.#devices.slice(0, count);
  }

  /** Creates devices a hundred at a time; devices made by `createDevices` have other names. */
  async createMany(
    count: number,
    onProgress: (created: number) => void,
    requestsMax = REQUESTS_IN_PROGRESS_MAX,
  ): Promise<void> {
    const authorization = sasToken({
      resource: this.hostName,
      key: this.#ownerKey,
      policy: "iothubowner",
    });
    let next = 0;
    let created = 0;
    const createNext = async () => {
      while (next < count) {
        const first = next;
        const end = Math.min(first + DEVICES_PER_REQUEST, count);
        next = end;
        const body = Array.from({ length: end - first }, (_, index) => ({
          id: `fleet-${String(first + index).padStart(7, "0")}`,
          importMode: "create",
          status: "enabled",
          authentication: { type: "sas" },
        }));
        const path = `/devices?api-version=${API_VERSION}`;
        await this.#send({ method: "POST", path, authorization, body });
        created += end - first;
        if (created % PROGRESS_EVERY === 0) onProgress(created);
      }
    };
    await Promise.all(Array.from({ length: requestsMax }, createNext));
  }

  /** As the hub's owner. */
  call(options: { method: string; path: string; body?: unknown }): Promise<unknown> {
    const policy = "iothubowner";
    this.#ownerToken ??= sasToken({ resource: this.hostName, key: this.#ownerKey, policy });
    const { path, ...rest } = options;
    const versioned = `${path}?api-version=${API_VERSION}`;
    return this.#send({ ...rest, path: versioned, authorization: this.#ownerToken });
  }

  async #createDevice(index: number, authorization: string): Promise<MqttIdentity> {
    const deviceId = `device-${String(index).padStart(5, "0")}`;
    const device = (await this.#send({
      method: "PUT",
      path: `/devices/${deviceId}?api-version=${API_VERSION}`,
      authorization,
      body: { deviceId, status: "enabled" },
    })) as { authentication: { symmetricKey: { primaryKey: string } } };
    return {
      clientId: deviceId,
      username: `${this.hostName}/${deviceId}/?api-version=${API_VERSION}`,
      password: sasToken({
        resource: `${this.hostName}/devices/${deviceId}`,
        key: device.authentication.symmetricKey.primaryKey,
      }),
      topic: `devices/${deviceId}/messages/events/`,
    };
  }

  #send(options: {
    method: string;
    path: string;
    authorization: string;
    body?: unknown;
  }): Promise<unknown> {
    const text = options.body === undefined ? "" : JSON.stringify(options.body);
    return new Promise((resolve, reject) => {
      const outgoing = request({
        agent: this.#agent,
        host: this.#address,
        port: this.#port,
        method: options.method,
        path: options.path,
        timeout: REQUEST_MS_MAX,
        headers: {
          authorization: options.authorization,
          "content-type": "application/json; charset=utf-8",
          "content-length": Buffer.byteLength(text),
          host: this.hostName,
        },
      });
      outgoing.on("error", reject);
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer: ${options.path}`)));
      outgoing.on("response", (response) => {
        let answer = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (answer += chunk));
        response.on("error", reject);
        response.on("end", () => {
          const { statusCode = 0 } = response;
          if (statusCode >= 200 && statusCode < 300)
            resolve(answer === "" ? undefined : JSON.parse(answer));
          else reject(new Error(`${options.method} ${options.path}: ${statusCode} ${answer}`));
        });
      });
      outgoing.end(text);
    });
  }
}

export function sasToken(options: { resource: string; key: string; policy?: string }): string {
  const resource = encodeURIComponent(options.resource);
  const expiry = Math.floor(Date.now() / 1000) + TOKEN_TTL_SECONDS;
  const signature = createHmac("sha256", Buffer.from(options.key, "base64"))
    .update(`${resource}\n${expiry}`)
    .digest("base64");
  const token = `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}`;
  return options.policy === undefined ? token : `${token}&skn=${options.policy}`;
}
