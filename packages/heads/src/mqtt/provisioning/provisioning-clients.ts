import type { Duplex } from "node:stream";
import type { Clock, ProvisioningDirectory } from "@larimar/domain";
import type { ConnectPacket, MqttPacketReader, RegistrationName } from "@larimar/wire";
import { parseProvisioningUsername, parseSasToken } from "@larimar/wire";
import type { ConnectionContext } from "../../head.ts";
import type { Log } from "../../log.ts";
import { ProvisioningDeviceApi } from "../../provisioning-api/device-api.ts";
import type { IdleWatch } from "../idle-watch.ts";
import type { MqttLimits } from "../mqtt-limits.ts";
import { ProvisioningConnection } from "./provisioning-connection.ts";

export interface ProvisioningClientsParts {
  readonly services: ProvisioningDirectory;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: MqttLimits;
  readonly idleWatch: IdleWatch;
}

/** A connection that turned out to be one for provisioning, with what was read of it. */
export interface ProvisioningHandover {
  readonly stream: Duplex;
  readonly context: ConnectionContext;
  readonly reader: MqttPacketReader;
  readonly connect: ConnectPacket;
  readonly name: RegistrationName;
}

/** Devices that provision themselves over MQTT: told by their user name, no sessions, no telemetry. */
export class ProvisioningClients implements AsyncDisposable {
  readonly #parts: ProvisioningClientsParts;
  readonly #api: ProvisioningDeviceApi;
  readonly #connections = new Set<ProvisioningConnection>();
  #onEmpty: (() => void) | undefined;

  constructor(parts: ProvisioningClientsParts) {
    this.#parts = parts;
    this.#api = new ProvisioningDeviceApi(parts);
  }

  /** Undefined for clients of hubs. */
  nameOf({ username }: ConnectPacket): RegistrationName | undefined {
    return parseProvisioningUsername(username ?? "");
  }

  take(handover: ProvisioningHandover): void {
    const { connect, context, name } = handover;
    const password = Buffer.from(connect.password ?? []).toString("utf8");
    const connection = new ProvisioningConnection(handover, {
      ...this.#parts,
      // Judged with each request, never at CONNECT: only answers can say what is wrong.
      ask: (operation) =>
        this.#api.perform({
          name,
          evidence: { sasToken: parseSasToken(password), certificate: context.certificate },
          protocol: "mqtt",
          operation,
        }),
      onClosed: (closed) => this.#forget(closed),
    });
    this.#connections.add(connection);
    connection.open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.shutDown();
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  #forget(connection: ProvisioningConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }
}
