import { readFileSync } from "node:fs";
import { request } from "node:https";
import { isIP } from "node:net";
import type { ConnectionInfo, HubConnection } from "@larimar/server";
import { parseConnectionString, signToken } from "./sas-tokens.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Undefined for an empty body. */
  readonly body: unknown;
}

export interface Call {
  readonly method: string;
  /** With the query; the api-version is added when there is none. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A device that was made for a test, with what its client needs. */
export interface TestDevice {
  readonly deviceId: string;
  readonly primaryKey: string;
  readonly connectionString: string;
  /** A token of the device's own. */
  token(expiresAtMs?: number): string;
}

const API_VERSION = "api-version=2021-04-12";

/** The REST API of one hub, spoken as its owner. */
export class HubClient {
  readonly hub: HubConnection;
  readonly caPem: string;
  readonly #address: string;
  readonly #port: number;

  constructor(parts: { hub: HubConnection; caPem: string; address: string; port: number }) {
    this.hub = parts.hub;
    this.caPem = parts.caPem;
    this.#address = parts.address;
    this.#port = parts.port;
  }

  static fromConnection(
    connection: ConnectionInfo,
    options: { hubName?: string | undefined; address?: string } = {},
  ): HubClient {
    const { hubName, address = addressOf(connection.host) } = options;
    const hub =
      hubName === undefined
        ? connection.hubs[0]
        : connection.hubs.find(({ name }) => name === hubName);
    if (hub === undefined) throw new Error(`The server has no hub '${hubName}'`);
    const caPem = readFileSync(connection.caFile, "utf8");
    return new HubClient({ hub, caPem, address, port: connection.ports.https });
  }

  async createDevice(deviceId: string): Promise<TestDevice> {
    const body = { deviceId, status: "enabled" };
    const answer = await this.call({ method: "PUT", path: devicePath(deviceId), body });
    if (answer.status !== 200) {
      throw new Error(`Device '${deviceId}' was not created: ${JSON.stringify(answer)}`);
    }
    const created = answer.body as { authentication: { symmetricKey: { primaryKey: string } } };
    const { primaryKey } = created.authentication.symmetricKey;
    const { hostName } = this.hub;
    const resource = `${hostName}/devices/${encodeURIComponent(deviceId)}`;
    return {
      deviceId,
      primaryKey,
      connectionString: `HostName=${hostName};DeviceId=${deviceId};SharedAccessKey=${primaryKey}`,
      token: (expiresAtMs) =>
        signToken({ resource, key: primaryKey, ...(expiresAtMs && { expiresAtMs }) }),
    };
  }

  call({ method, path, body, headers = {} }: Call): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = request({
        host: this.#address,
        port: this.#port,
        ...(isIP(this.hub.hostName) === 0 && { servername: this.hub.hostName }),
        ca: this.caPem,
        agent: false,
        method,
        path: path.includes("api-version=")
          ? path
          : `${path}${path.includes("?") ? "&" : "?"}${API_VERSION}`,
        headers: {
          host: this.hub.hostName,
          authorization: this.authorization(),
          ...(text !== undefined && { "content-type": "application/json; charset=utf-8" }),
          ...headers,
        },
      });
      outgoing.on("error", reject);
      outgoing.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("error", reject);
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const answer = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: answer === "" ? undefined : JSON.parse(answer),
          });
        });
      });
      outgoing.end(text);
    });
  }

  /** A token made with a connection string of a policy, the owner's unless another is given. */
  authorization(connectionString = this.hub.connectionStrings["iothubowner"] ?? ""): string {
    const { SharedAccessKey = "", SharedAccessKeyName = "" } =
      parseConnectionString(connectionString);
    return signToken({
      resource: this.hub.hostName,
      key: SharedAccessKey,
      policyName: SharedAccessKeyName,
    });
  }
}

export function devicePath(deviceId: string): string {
  return `/devices/${encodeURIComponent(deviceId)}`;
}

/** Not every machine resolves names below `localhost`. */
function addressOf(host: string): string {
  return isIP(host) === 0 ? "127.0.0.1" : host;
}
