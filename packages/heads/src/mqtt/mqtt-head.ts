import type { Duplex } from "node:stream";
import type { Clock, HubDirectory, ProvisioningDirectory } from "@larimar/domain";
import { createPublishView } from "@larimar/wire";
import type { ConnectionContext, Head } from "../head.ts";
import type { Log } from "../log.ts";
import { Connection } from "./connection.ts";
import type { ConnectionParts } from "./connection-parts.ts";
import { IdleWatch } from "./idle-watch.ts";
import type { MqttLimits } from "./mqtt-limits.ts";
import { DEFAULT_MQTT_LIMITS } from "./mqtt-limits.ts";
import { ProvisioningClients } from "./provisioning/provisioning-clients.ts";
import { PublishBatch } from "./publish/publish-batch.ts";
import { Wills } from "./publish/will.ts";

export interface MqttHeadParts {
  readonly hubs: HubDirectory;
  /** Absent where devices are registered by hand. */
  readonly provisioning?: ProvisioningDirectory;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<MqttLimits>;
}

export function createMqttHead(parts: MqttHeadParts): Head {
  return new MqttHead(parts);
}

/** MQTT 3.1.1 as IoT Hub speaks it: fixed topics, no retained messages, no QoS 2. */
class MqttHead implements Head {
  readonly #connections = new Set<Connection>();
  readonly #wills: Wills;
  readonly #parts: ConnectionParts;
  #isClosing = false;
  #onEmpty: (() => void) | undefined;

  constructor({ hubs, provisioning, clock, log, limits: wanted }: MqttHeadParts) {
    const limits = { ...DEFAULT_MQTT_LIMITS, ...wanted };
    const idleWatch = new IdleWatch(clock);
    this.#wills = new Wills(log);
    this.#parts = {
      hubs,
      provisioning:
        provisioning &&
        new ProvisioningClients({ services: provisioning, clock, log, limits, idleWatch }),
      clock,
      log,
      limits,
      idleWatch,
      batch: new PublishBatch(),
      view: createPublishView(),
      replies: [],
      publishWill: (client, reason) => this.#wills.publish(client, reason),
      onClosed: (connection) => this.#forget(connection as Connection),
    };
  }

  accept(stream: Duplex, context: ConnectionContext): void {
    if (this.#isClosing) {
      stream.destroy();
      return;
    }
    this.#connections.add(new Connection(stream, context, this.#parts));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    for (const connection of this.#connections) connection.shutDown();
    // Every connection ends by itself within the grace time.
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
      });
    }
    await this.#parts.provisioning?.[Symbol.asyncDispose]();
    await this.#wills.settled();
    this.#parts.idleWatch[Symbol.dispose]();
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }
}
