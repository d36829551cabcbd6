import type { IdentityKey, Message } from "@larimar/domain";
import type { MqttWill } from "@larimar/wire";
import { parsePropertyBag } from "@larimar/wire";
import type { Log } from "../../log.ts";
import type { Client } from "../connect/client.ts";
import type { MqttCloseReason } from "../close-reason.ts";
import { describeFailure } from "../close-reason.ts";
import { readOwnBag } from "./telemetry-topics.ts";

/**
 * The telemetry a client leaves behind for the case that it vanishes. Throws `Violation` when it is meant
 * for a topic the client must not publish to. (protocol reference: device-facing 3.3)
 */
export function readWill(will: MqttWill, identity: IdentityKey): Message {
  const extra: [string, string][] = [["iothub-MessageType", "Will"]];
  if (will.isRetained) extra.push(["mqtt-retain", "true"]);
  return {
    properties: parsePropertyBag(readOwnBag(will.topic, identity), extra),
    // A copy: it outlives the read it came in.
    body: Uint8Array.from(will.payload),
  };
}

/** Publishes wills at most once each, and knows which are not on disk yet. */
export class Wills {
  readonly #log: Log;
  readonly #underWay = new Set<Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  publish(client: Client, reason: MqttCloseReason | undefined): void {
    const { will } = client;
    client.will = undefined;
    // An identity that may not send any more does not send its will either.
    if (will === undefined || reason === "identityDisabled" || reason === "identityDeleted") return;
    const work = this.#publish(client, will).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #publish({ hub, session }: Client, will: Message): Promise<void> {
    try {
      await hub.telemetry.accept(session, [will]);
    } catch (error) {
      const { deviceId, moduleId } = session.identity;
      const facts = { hub: hub.settings.name, deviceId, moduleId, ...describeFailure(error) };
      this.#log.warn(facts, "will not published");
    }
  }
}
