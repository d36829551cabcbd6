import type { Connection, HubConnection } from "../connection/connection-file.ts";
import { ownerToken } from "./owner-token.ts";
import type { Answer, Call } from "../connection/send-request.ts";
import { exchange } from "../connection/send-request.ts";

const API_VERSION = "2021-04-12";
const TOKEN_LIFETIME_MS = 5 * 60 * 1000;

/** The REST API of a hub, spoken with the key of its owner. */
export class HubClient {
  readonly #connection: Connection;
  readonly #hub: HubConnection;

  constructor(connection: Connection, hub: HubConnection) {
    this.#connection = connection;
    this.#hub = hub;
  }

  /** The body of the answer. Throws `CommandError` when the server refuses or does not answer. */
  async call(call: Call): Promise<unknown> {
    return (await this.exchange(call)).body;
  }

  /** As `call`, with the headers. */
  exchange(call: Call): Promise<Answer> {
    const authorization = ownerToken(this.#hub, TOKEN_LIFETIME_MS);
    const { hostName } = this.#hub;
    return exchange(this.#connection, { hostName, authorization, apiVersion: API_VERSION }, call);
  }
}
