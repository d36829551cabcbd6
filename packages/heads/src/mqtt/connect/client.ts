import type { Hub, Message, Session } from "@larimar/domain";
import type { SubscriptionTarget } from "@larimar/wire";
import { ClientInlets } from "../inlets/client-inlets.ts";
import type { MqttLimits } from "../mqtt-limits.ts";
import type { Subscription, Subscriptions } from "../subscribe/subscriptions.ts";
import { ClientSubscriptions } from "../subscribe/subscriptions.ts";
import { TelemetryTopics } from "../publish/telemetry-topics.ts";

interface ClientParts {
  readonly hub: Hub;
  readonly session: Session;
  readonly will: Message | undefined;
  readonly limits: MqttLimits;
  /** Whether subscriptions outlive the connection. */
  readonly isPersistent: boolean;
  readonly send: (packet: Uint8Array) => void;
  readonly onError: (error: unknown) => void;
}

/** An admitted client: what a connection knows beyond its socket. */
export class Client {
  readonly hub: Hub;
  readonly session: Session;
  readonly topics: TelemetryTopics;
  readonly isPersistent: boolean;
  readonly send: (packet: Uint8Array) => void;
  /** Sent as telemetry when the client vanishes; undefined once that is settled. */
  will: Message | undefined;
  readonly #subscriptionsMax: number;
  readonly #onError: (error: unknown) => void;
  #subscriptions: Subscriptions | undefined;
  #inlets: ClientInlets | undefined;

  constructor(parts: ClientParts) {
    this.hub = parts.hub;
    this.session = parts.session;
    this.will = parts.will;
    this.isPersistent = parts.isPersistent;
    this.send = parts.send;
    this.topics = new TelemetryTopics(parts.session.identity);
    this.#subscriptionsMax = parts.limits.subscriptionsMax;
    this.#onError = parts.onError;
  }

  /** Made when first asked for: many clients only send. */
  get subscriptions(): Subscriptions {
    this.#subscriptions ??= new ClientSubscriptions(this.#subscriptionsMax);
    return this.#subscriptions;
  }

  get inlets(): ClientInlets | undefined {
    return this.#inlets;
  }

  hears(target: SubscriptionTarget): boolean {
    return this.#subscriptions?.list().some((held) => held.target === target) ?? false;
  }

  /** What the client subscribed to on an earlier connection. */
  restore(stored: readonly Subscription[]): void {
    for (const subscription of stored) this.subscriptions.put(subscription);
    if (stored.length > 0) this.subscriptionsChanged();
  }

  subscriptionsChanged(): void {
    const { hub, session, send } = this;
    this.#inlets ??= new ClientInlets({ hub, session, send, onError: this.#onError });
    this.#inlets.apply(this.subscriptions);
  }

  end(): void {
    this.session.end();
    this.#inlets?.end();
  }
}
