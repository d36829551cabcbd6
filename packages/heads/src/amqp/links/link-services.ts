import type { Clock, Hub, HubDirectory, ServiceGrant } from "@larimar/domain";
import type { Log } from "../../log.ts";
import type { AmqpLimits } from "../amqp-limits.ts";
import type { AnyLink } from "../engine/amqp-session.ts";
import type { TokenStore } from "../access/token-store.ts";

/** What a link needs to know of its connection and the server. One file per kind of link builds on this. */
export interface LinkServices {
  readonly hubs: HubDirectory;
  /** A link reads events of this hub, which need not be that of the connection. */
  readonly reads: (hub: Hub) => void;
  /** The hub that TLS or open named, else the default one. */
  readonly hub: () => Hub | undefined;
  /** The name by which the client found the hub, or another of its names. */
  readonly hostNameOf: (hub: Hub) => string;
  readonly amqpPort: () => number;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: AmqpLimits;
  readonly tokens: TokenStore;
  /**
   * Detaches the link when its grant ends, unless `authorize` finds a token that has taken the old one's
   * place.
   */
  readonly detachAtExpiry: (link: AnyLink, authorize: () => ServiceGrant) => void;
}
