import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Clock, HubDirectory, ProvisioningDirectory } from "@larimar/domain";
import type { ConnectionContext, Head } from "../head.ts";
import type { Log } from "../log.ts";
import { ProvisioningDeviceApi } from "../provisioning-api/device-api.ts";
import type { AmqpLimits } from "./amqp-limits.ts";
import { DEFAULT_AMQP_LIMITS } from "./amqp-limits.ts";
import { ClientConnection } from "./client-connection.ts";
import type { ClientConnectionParts } from "./client-connection.ts";
import { ChunkPool } from "./engine/chunk-pool.ts";

export interface AmqpHeadParts {
  readonly hubs: HubDirectory;
  /** Absent where devices are registered by hand. */
  readonly provisioning?: ProvisioningDirectory;
  readonly clock: Clock;
  readonly log: Log;
  /** Where clients that are redirected find this head. */
  readonly amqpPort: () => number;
  readonly limits?: Partial<AmqpLimits>;
}

export function createAmqpHead(parts: AmqpHeadParts): Head {
  return new AmqpHead(parts);
}

/** AMQP 1.0 for devices, services and readers of events, as IoT Hub and Event Hubs speak it. */
class AmqpHead implements Head {
  readonly #connections = new Set<ClientConnection>();
  readonly #parts: ClientConnectionParts;
  readonly #removals: Disposable;
  #isClosing = false;
  #onEmpty: (() => void) | undefined;

  constructor({ hubs, provisioning, clock, log, amqpPort, limits }: AmqpHeadParts) {
    this.#parts = {
      hubs,
      provisioning:
        provisioning && new ProvisioningDeviceApi({ services: provisioning, clock, log }),
      clock,
      log,
      amqpPort,
      limits: { ...DEFAULT_AMQP_LIMITS, ...limits },
      containerId: `DeviceGateway_${randomBytes(16).toString("hex")}`,
      pool: new ChunkPool(),
      onClosed: (connection) => this.#forget(connection),
    };
    this.#removals = hubs.onRemoved((hub) => {
      for (const connection of this.#connections) connection.hubRemoved(hub);
    });
  }

  accept(stream: Duplex, context: ConnectionContext): void {
    if (this.#isClosing) {
      stream.destroy();
      return;
    }
    this.#connections.add(new ClientConnection(stream, context, this.#parts));
  }

  /** Every connection is gone within its grace time. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    this.#removals[Symbol.dispose]();
    for (const connection of this.#connections) connection.shutDown();
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  #forget(connection: ClientConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }
}
