import type { Hub } from "@larimar/domain";
import type { AmqpErrorFields } from "@larimar/wire";

export interface RedirectTarget {
  readonly hub: Hub;
  readonly hostName: string;
  readonly port: number;
  /** What follows `messages/events` in the address asked for. */
  readonly rest: readonly string[];
}

/**
 * Sends a client that reads events under the hub's own name on to the event hub. The port stands in the
 * address even when it is the usual one: clients search for it. (protocol reference: service-facing 4.6)
 */
export function redirectError({ hub, hostName, port, rest }: RedirectTarget): AmqpErrorFields {
  const path = [hub.settings.name, ...(rest.length === 0 ? ["$management"] : rest)].join("/");
  return {
    condition: "amqp:link:redirect",
    description: "The events of this hub are read from its event hub",
    info: new Map<string, string | number>([
      ["hostname", hostName],
      ["network-host", hostName],
      ["port", port],
      ["address", `amqps://${hostName}:${port}/${path}`],
    ]),
  };
}
