import type { SubscriptionTarget } from "@larimar/wire";

export interface Subscription {
  readonly filter: string;
  readonly target: SubscriptionTarget;
  readonly qos: 0 | 1;
}

/** What one client wants to hear. */
export interface Subscriptions {
  /** Replaces what the same filter asked for before. */
  put(subscription: Subscription): "kept" | "full";
  delete(filter: string): void;
  list(): readonly Subscription[];
}

/** Bounded; what a client asks for beyond the limit is refused. */
export class ClientSubscriptions implements Subscriptions {
  readonly #lengthMax: number;
  readonly #byFilter = new Map<string, Subscription>();

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  put(subscription: Subscription): "kept" | "full" {
    const { filter } = subscription;
    if (this.#byFilter.size >= this.#lengthMax && !this.#byFilter.has(filter)) return "full";
    this.#byFilter.set(filter, subscription);
    return "kept";
  }

  delete(filter: string): void {
    this.#byFilter.delete(filter);
  }

  list(): readonly Subscription[] {
    return [...this.#byFilter.values()];
  }
}
