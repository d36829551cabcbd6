import type { JsonValue } from "../json/json-value.ts";
import type { Message, MessageProperties, PropertyValue } from "../telemetry/message.ts";
import { messageProperties } from "../telemetry/message.ts";
import { follow, parsePath, twinMember } from "./language/json-path.ts";
import type { Enrichment } from "./routing-settings.ts";

type Resolve = (twin: JsonValue | undefined) => string;

/**
 * Stamps the enrichments of one endpoint on messages. Devices send the same properties with message after
 * message, so what comes out is kept for as long as the properties are, and made anew when a value changes.
 */
export class Enricher {
  readonly needsTwin: boolean;
  readonly #resolvers: readonly (readonly [string, Resolve])[];
  readonly #made = new WeakMap<
    MessageProperties,
    { values: string; enriched: MessageProperties }
  >();

  constructor(enrichments: readonly Enrichment[], hubName: string) {
    this.#resolvers = enrichments.map(({ key, value }) => [key, resolverOf(value, hubName)]);
    this.needsTwin = enrichments.some(({ value }) => /^\$twin\./i.test(value));
  }

  get isIdle(): boolean {
    return this.#resolvers.length === 0;
  }

  enrich(message: Message, twin: JsonValue | undefined): Message {
    const stamps = this.#resolvers.map(([key, resolve]) => [key, resolve(twin)] as const);
    const values = JSON.stringify(stamps);
    const { properties, body } = message;
    const made = this.#made.get(properties);
    if (made?.values === values) return { properties: made.enriched, body };
    const application = new Map<string, PropertyValue>([...properties.application, ...stamps]);
    const enriched = messageProperties(properties.system, application);
    this.#made.set(properties, { values, enriched });
    return { properties: enriched, body };
  }
}

/** What leads nowhere is stamped as it was written. (protocol reference: routing 7) */
function resolverOf(value: string, hubName: string): Resolve {
  if (value.toLowerCase() === "$iothubname") return () => hubName;
  const path = /^\$twin\.(.+)$/is.exec(value)?.[1];
  const steps = path === undefined ? undefined : parsePath(path);
  if (steps === undefined) return () => value;
  return (twin) => {
    const found = follow(twin, steps, twinMember);
    if (found === undefined) return value;
    return typeof found === "string" ? found : JSON.stringify(found);
  };
}
