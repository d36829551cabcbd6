import type { Hub, Message, Session } from "@larimar/domain";
import type { MqttLimits } from "./mqtt-limits.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { ConnectionSubscriptions } from "./subscriptions.ts";
import { TelemetryTopics } from "./telemetry-topics.ts";

/** An admitted client: what a connection knows beyond its socket. */
export class Client {
  readonly hub: Hub;
  readonly session: Session;
  readonly topics: TelemetryTopics;
  /** Sent as telemetry when the client vanishes; undefined once that is settled. */
  will: Message | undefined;
  readonly #subscriptionsMax: number;
  #subscriptions: Subscriptions | undefined;

  constructor(parts: {
    hub: Hub;
    session: Session;
    will: Message | undefined;
    limits: MqttLimits;
  }) {
    this.hub = parts.hub;
    this.session = parts.session;
    this.will = parts.will;
    this.topics = new TelemetryTopics(parts.session.identity);
    this.#subscriptionsMax = parts.limits.subscriptionsMax;
  }

  /** Made when first asked for: many clients only send. */
  get subscriptions(): Subscriptions {
    this.#subscriptions ??= new ConnectionSubscriptions(this.#subscriptionsMax);
    return this.#subscriptions;
  }
}
