import type { LinkTarget } from "@larimar/wire";
import { parseLinkAddress, parseProvisioningAddress } from "@larimar/wire";
import { authorizeEvents } from "../access/authorization.ts";
import type { AnyLink } from "../engine/amqp-session.ts";
import { IncomingLink } from "../engine/incoming-link.ts";
import { OutgoingLink } from "../engine/outgoing-link.ts";
import { LinkRefusal, entityNotFound } from "./link-refusal.ts";
import type { IdentityLinks } from "../identity/identity-links.ts";
import type { LinkServices } from "./link-services.ts";
import type { ProvisioningPeer } from "../provisioning/provisioning-peer.ts";
import { redirectError } from "./redirect.ts";
import type { RequestNode } from "../requests/request-node.ts";
import { openCommandSender } from "./command-sender.ts";
import type { ManagementLinks } from "./management-links.ts";
import { FEEDBACK, FILE_NOTIFICATIONS, openNotificationReceiver } from "./notification-receiver.ts";
import { openEventsReceiver } from "./open-events-receiver.ts";

export interface LinkNodes {
  readonly identities: IdentityLinks;
  readonly cbs: RequestNode;
  readonly management: ManagementLinks;
  readonly services: LinkServices;
  /** Absent where devices are registered by hand. */
  readonly provisioning: ProvisioningPeer | undefined;
}

/**
 * Finds out what a client wants a link for and opens it. Throws `LinkRefusal` or `HubError` when it cannot
 * be had. The function of a link follows from its address alone: names and properties are unreliable.
 */
export async function routeLink(link: AnyLink, nodes: LinkNodes): Promise<void> {
  const terminus = link instanceof OutgoingLink ? link.attach.source : link.attach.target;
  if (terminus === undefined || terminus.isDynamic) {
    throw new LinkRefusal("amqp:not-implemented", "The link names no address to attach to");
  }
  const registration = parseProvisioningAddress(terminus.address ?? "");
  if (registration !== undefined && nodes.provisioning !== undefined) {
    await nodes.provisioning.open(link, registration);
    return;
  }
  const { target, path } = parseLinkAddress(terminus.address ?? "");
  if (target.kind === "cbs") acceptRequestNode(link, nodes.cbs);
  else if (target.kind === "management") nodes.management.accept(link, target, path);
  else if (target.kind === "hubEvents") attachHubEvents(link, target, path, nodes);
  else if (target.kind === "partition" && link instanceof OutgoingLink) {
    await openEventsReceiver(link, target, path, nodes.services);
  } else if (target.kind === "identity") {
    await nodes.identities.open(link, target.identity, target.channel);
  } else if (target.kind === "commands" && link instanceof IncomingLink) {
    openCommandSender(link, path, nodes.services);
  } else if (target.kind === "feedback" && link instanceof OutgoingLink) {
    openNotificationReceiver(link, path, nodes.services, FEEDBACK);
  } else if (target.kind === "fileNotifications" && link instanceof OutgoingLink) {
    openNotificationReceiver(link, path, nodes.services, FILE_NOTIFICATIONS);
  } else throw refusalOf(target, path);
}

function acceptRequestNode(link: AnyLink, node: RequestNode): void {
  if (link instanceof IncomingLink) node.acceptRequests(link);
  else node.acceptReplies(link);
}

/** Readers under the hub's own name are sent on; requests to its management node are answered. */
function attachHubEvents(
  link: AnyLink,
  target: Extract<LinkTarget, { kind: "hubEvents" }>,
  path: readonly string[],
  { management, services }: LinkNodes,
): void {
  if (link instanceof IncomingLink) {
    if (target.rest.join("/").toLowerCase() !== "$management") throw refusalOf(target, path);
    management.accept(link, target, path);
    return;
  }
  const hub = services.hub();
  if (hub === undefined) throw entityNotFound(path);
  authorizeEvents(services.tokens.all(), hub, target.rest);
  link.accept();
  // Some clients listen for a detach only after they have seen our attach.
  const timer = services.clock.after(services.limits.redirectDelayMs, () => {
    const [hostName, port] = [services.hostNameOf(hub), services.amqpPort()];
    link.detach(redirectError({ hub, hostName, port, rest: target.rest }));
  });
  link.onDetached(() => timer.cancel());
}

function refusalOf(target: LinkTarget, path: readonly string[]): LinkRefusal {
  switch (target.kind) {
    case "entity":
    case "partition":
    case "hubEvents":
      // Policies of a hub let nobody send to its events.
      return new LinkRefusal("amqp:unauthorized-access", "Events can only be read here");
    case "commands":
    case "feedback":
    case "fileNotifications":
    case "identity":
      return new LinkRefusal("amqp:not-implemented", "Links of this kind are not served yet");
    default:
      return entityNotFound(path);
  }
}
