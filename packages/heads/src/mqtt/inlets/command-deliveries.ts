import type { CommandInlet, Hub, IdentityKey, LockedCommand } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import { encodePublish, formatCommandTopic } from "@larimar/wire";

/** Commands on their way to one client that it has not acknowledged. */
const UNACKNOWLEDGED_MAX = 50;

interface Parts {
  readonly hub: Hub;
  readonly key: IdentityKey;
  readonly qos: 0 | 1;
  readonly send: (packet: Uint8Array) => void;
  /** The store refused; the command comes back when its lock runs out. */
  readonly onError: (error: unknown) => void;
}

/**
 * Publishes commands to one client. Its PUBACK completes a command; MQTT has no word for giving one back, so
 * what is not acknowledged goes back to the queue when the connection ends.
 */
export class CommandDeliveries implements CommandInlet {
  readonly #parts: Parts;
  readonly #lockTokens = new Map<number, string>();
  #lastPacketId = 0;
  #isOver = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get qos(): 0 | 1 {
    return this.#parts.qos;
  }

  get capacity(): number {
    return this.#isOver ? 0 : UNACKNOWLEDGED_MAX - this.#lockTokens.size;
  }

  deliver(command: LockedCommand): void {
    const { qos, key, send } = this.#parts;
    const { properties, body } = command.message;
    const topic = formatCommandTopic(key, properties, command.ack);
    if (qos === 0) {
      send(encodePublish({ topic, payload: body, qos }));
      this.#complete(command.lockToken);
      return;
    }
    const packetId = this.#nextPacketId();
    this.#lockTokens.set(packetId, command.lockToken);
    send(encodePublish({ topic, payload: body, qos, packetId }));
  }

  /** A PUBACK that answers nothing does no harm. */
  acknowledge(packetId: number): void {
    const lockToken = this.#lockTokens.get(packetId);
    if (lockToken === undefined) return;
    this.#lockTokens.delete(packetId);
    this.#complete(lockToken);
  }

  /** The connection is gone or the client listens no more: everything open goes back to the queue. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { hub, key, onError } = this.#parts;
    for (const lockToken of this.#lockTokens.values()) {
      hub.commands.release(key, lockToken).catch(onError);
    }
    this.#lockTokens.clear();
  }

  #complete(lockToken: string): void {
    const { hub, key, onError } = this.#parts;
    hub.commands.complete(key, lockToken).catch((error: unknown) => {
      // Acknowledged after its lock ran out: the command is delivered once more.
      if (!(error instanceof HubError && error.code === "LockLost")) onError(error);
    });
  }

  #nextPacketId(): number {
    do this.#lastPacketId = (this.#lastPacketId % 0xffff) + 1;
    while (this.#lockTokens.has(this.#lastPacketId));
    return this.#lastPacketId;
  }
}
