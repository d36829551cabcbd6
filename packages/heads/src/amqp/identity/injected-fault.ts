import type { InjectedFault } from "@larimar/domain";
import type { AmqpErrorFields, IdentityChannel } from "@larimar/wire";
import { parseLinkAddress } from "@larimar/wire";
import type { AmqpConnection } from "../engine/amqp-connection.ts";
import type { AnyLink } from "../engine/amqp-session.ts";
import { IncomingLink } from "../engine/incoming-link.ts";
import type { RequestNode } from "../requests/request-node.ts";

/** What a fault of one identity can reach. */
export interface FaultTargets {
  readonly connection: Pick<AmqpConnection, "closeFromWithin" | "drop">;
  readonly cbs: Pick<RequestNode, "detach">;
  readonly links: Iterable<AnyLink>;
}

interface LinkKind {
  readonly channel: IdentityChannel;
  readonly isFromClient: boolean;
}

/** Compared in lower case: one SDK writes some of these in its own way. (service-facing 2.19) */
const LINKS: Readonly<Record<string, LinkKind>> = {
  killamqpd2clink: { channel: "events", isFromClient: true },
  killamqpc2dlink: { channel: "commands", isFromClient: false },
  killamqptwinlinkreq: { channel: "twin", isFromClient: true },
  killamqptwinlinkresp: { channel: "twin", isFromClient: false },
  // Requests of methods go to the device, its answers come back.
  killamqpmethodreqlink: { channel: "methods", isFromClient: false },
  killamqpmethodresplink: { channel: "methods", isFromClient: true },
};

/** Breaks what the device asked for, with conditions after which clients come back. */
export function injectFault({ type, reason }: InjectedFault, targets: FaultTargets): void {
  const name = type.toLowerCase();
  const gone: AmqpErrorFields = { condition: "amqp:internal-error", description: reason };
  const detached: AmqpErrorFields = { condition: "amqp:link:detach-forced", description: reason };
  const kind = LINKS[name];
  if (kind !== undefined) {
    for (const link of [...targets.links]) if (isOfKind(link, kind)) link.detach(detached);
  } else if (name === "killtcp") targets.connection.drop();
  else if (name === "killamqpconnection" || name === "shutdownamqp")
    targets.connection.closeFromWithin(gone);
  else if (name === "killamqpsession") {
    for (const session of new Set([...targets.links].map((link) => link.session))) {
      session.end(gone);
    }
  } else if (name === "killamqpcbslinkreq") targets.cbs.detach("requests", detached);
  else if (name === "killamqpcbslinkresp") targets.cbs.detach("replies", detached);
}

function isOfKind(link: AnyLink, { channel, isFromClient }: LinkKind): boolean {
  if (link instanceof IncomingLink !== isFromClient) return false;
  const terminus = isFromClient ? link.attach.target : link.attach.source;
  const { target } = parseLinkAddress(terminus?.address ?? "");
  return target.kind === "identity" && target.channel === channel;
}
