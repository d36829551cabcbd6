import type { DesiredInlet, Hub, Session } from "@larimar/domain";
import type { SubscriptionTarget } from "@larimar/wire";
import { desiredPatchDocument, encodePublish, formatDesiredPatchTopic } from "@larimar/wire";
import type { Subscriptions } from "../subscribe/subscriptions.ts";
import { CommandDeliveries } from "./command-deliveries.ts";
import { MethodCalls } from "./method-calls.ts";

interface Parts {
  readonly hub: Hub;
  readonly session: Session;
  readonly send: (packet: Uint8Array) => void;
  readonly onError: (error: unknown) => void;
}

/** What the hub can say to one client, as far as the client has subscribed to it. */
export class ClientInlets {
  readonly #parts: Parts;
  #methods: MethodCalls | undefined;
  #commands: CommandDeliveries | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get methods(): MethodCalls | undefined {
    return this.#methods;
  }

  get commands(): CommandDeliveries | undefined {
    return this.#commands;
  }

  /** Brings the session's inlets in line with what the client subscribes to now. */
  apply(subscriptions: Subscriptions): void {
    const { session } = this.#parts;
    const qosOf = (...targets: SubscriptionTarget[]): 0 | 1 | undefined => {
      const found = subscriptions.list().filter(({ target }) => targets.includes(target));
      return found.length === 0 ? undefined : found.some(({ qos }) => qos === 1) ? 1 : 0;
    };
    const wantsDesired = qosOf("desiredPatches") !== undefined;
    if (wantsDesired !== (session.desired !== undefined)) {
      session.desired = wantsDesired ? this.#desiredInlet() : undefined;
    }
    this.#applyMethods(qosOf("methods") !== undefined);
    this.#applyCommands(qosOf("commands", "inputsAndCommands"));
  }

  end(): void {
    this.#commands?.end();
  }

  #applyMethods(isWanted: boolean): void {
    const { session, send } = this.#parts;
    if (isWanted === (session.methods !== undefined)) return;
    // Kept when the client stops listening: it may still answer what it was asked.
    this.#methods ??= new MethodCalls(send);
    session.methods = isWanted ? this.#methods : undefined;
  }

  #applyCommands(qos: 0 | 1 | undefined): void {
    const { hub, session, send, onError } = this.#parts;
    if (this.#commands?.qos === qos) return;
    this.#commands?.end();
    this.#commands =
      qos === undefined
        ? undefined
        : new CommandDeliveries({ hub, key: session.identity, qos, send, onError });
    session.commands = this.#commands;
    if (qos !== undefined) hub.commands.push(session.identity).catch(onError);
  }

  #desiredInlet(): DesiredInlet {
    const { send } = this.#parts;
    return {
      notify: (change) => {
        const payload = Buffer.from(JSON.stringify(desiredPatchDocument(change)));
        const topic = formatDesiredPatchTopic(change.version);
        // Twin and method messages go at QoS 0, whatever was granted. (device-facing 3.4)
        send(encodePublish({ topic, payload, qos: 0 }));
      },
    };
  }
}
