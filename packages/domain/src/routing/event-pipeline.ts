import type { IdentityKey } from "../devices/device.ts";
import type { EventEncoder } from "../events/event-encoder.ts";
import type { EventLog } from "../events/event-log.ts";
import type { EventOrigin } from "../events/event-origin.ts";
import type { HubConfiguration } from "../hubs/hub-configuration.ts";
import type { HubSettings } from "../hubs/hub-settings.ts";
import type { JsonValue } from "../json/json-value.ts";
import type { TextCodec } from "../json/text-codec.ts";
import type { Limits } from "../limits/limits.ts";
import type { Message } from "../telemetry/message.ts";
import type { Clock } from "../time/clock.ts";
import type { Twin } from "../twins/twin.ts";
import { MessageInView } from "./message-in-view.ts";
import { Router } from "./router.ts";
import type { RoutingSource } from "./routing-settings.ts";
import { twinDocumentOf } from "./twin-document.ts";

export interface EventPipelineParts {
  readonly configuration: HubConfiguration;
  readonly eventLog: EventLog;
  readonly encoder: EventEncoder;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly text: TextCodec;
  readonly findTwin: (key: IdentityKey) => Promise<Twin | undefined>;
}

/** Who messages come from, and the partition they go to. One object per session: it keeps their order. */
export interface PipelineSource {
  readonly identity: IdentityKey;
  readonly origin: EventOrigin;
  readonly partition: number;
}

/** What did not reach the hub's events, since the hub was opened. */
export interface PipelineLosses {
  /** No route took them. */
  orphaned: number;
  /** Too large once they were enriched. */
  oversized: number;
}

/** The way into the event log: routed, enriched, appended. */
export class EventPipeline implements Disposable {
  readonly losses: PipelineLosses = { orphaned: 0, oversized: 0 };
  readonly #parts: EventPipelineParts;
  readonly #observing: Disposable;
  /** While twins have to be read first, what came before still goes before. */
  readonly #tails = new WeakMap<PipelineSource, Promise<unknown>>();
  #router: Router;

  constructor(parts: EventPipelineParts) {
    this.#parts = parts;
    this.#router = routerOf(parts.configuration.current);
    this.#observing = parts.configuration.observe((now, before) => {
      if (now.routing !== before.routing) this.#router = routerOf(now);
    });
  }

  listensTo(source: RoutingSource): boolean {
    return this.#router.listensTo(source);
  }

  /**
   * Takes messages of one source in order, all or nothing. Resolves when whatever goes to the log is on disk;
   * rejects with `EventLogUnavailable`.
   */
  accept(
    routingSource: RoutingSource,
    source: PipelineSource,
    messages: readonly Message[],
  ): Promise<void> {
    const router = this.#router;
    if (routingSource === "DeviceMessages" && router.isPlain) return this.#append(source, messages);
    const tail = this.#tails.get(source);
    if (tail === undefined && !router.needsTwin(routingSource)) {
      return this.#route({ router, routingSource, source, twin: undefined }, messages);
    }
    const twin = (tail ?? Promise.resolve()).then(() => this.#twinOf(source.identity));
    const routed = twin.then((document) => ({
      appended: this.#route({ router, routingSource, source, twin: document }, messages),
    }));
    const settled = routed.catch(() => undefined);
    this.#tails.set(source, settled);
    void settled.then(() => {
      if (this.#tails.get(source) === settled) this.#tails.delete(source);
    });
    // NOTE: what is appended is wrapped, so that the next in line need not wait for the disk.
    return routed.then(({ appended }) => appended);
  }

  [Symbol.dispose](): void {
    this.#observing[Symbol.dispose]();
  }

  #route(
    { router, routingSource, source, twin }: Journey,
    messages: readonly Message[],
  ): Promise<void> {
    const { clock, text, limits } = this.#parts;
    const context = { nowMs: clock.now(), twin, text };
    const kept: Message[] = [];
    for (const message of messages) {
      const inView = new MessageInView(message, source.origin, context);
      if (!router.goesToEvents(routingSource, inView)) {
        this.losses.orphaned += 1;
        continue;
      }
      const enriched = router.enrich(routingSource, message, twin);
      if (bytesOf(enriched) > limits.telemetryBytesMax) this.losses.oversized += 1;
      else kept.push(enriched);
    }
    return kept.length === 0 ? Promise.resolve() : this.#append(source, kept);
  }

  #append({ origin, partition }: PipelineSource, messages: readonly Message[]): Promise<void> {
    const { eventLog, encoder } = this.#parts;
    return eventLog.append({
      partition,
      count: messages.length,
      bytes: encoder.measure(origin, messages),
      write: (target, at, enqueuedAtMs) => {
        encoder.encode(origin, messages, enqueuedAtMs, target, at);
      },
    });
  }

  async #twinOf(key: IdentityKey): Promise<JsonValue | undefined> {
    const twin = await this.#parts.findTwin(key);
    return twin === undefined ? undefined : twinDocumentOf(twin);
  }
}

interface Journey {
  readonly router: Router;
  readonly routingSource: RoutingSource;
  readonly source: PipelineSource;
  readonly twin: JsonValue | undefined;
}

function routerOf({ routing, name }: HubSettings): Router {
  return new Router(routing, name);
}

function bytesOf({ body, properties }: Message): number {
  return body.byteLength + properties.sizeBytes;
}
