import type { Hub, ServiceGrant } from "@larimar/domain";
import type { LinkTarget } from "@larimar/wire";
import { parseLinkAddress } from "@larimar/wire";
import { authorizeEvents, firstAllowed } from "../authorization.ts";
import type { AnyLink } from "../engine/amqp-session.ts";
import { IncomingLink } from "../engine/incoming-link.ts";
import { entityNotFound } from "../link-refusal.ts";
import type { LinkServices } from "../link-services.ts";
import { answerManagement } from "../management.ts";
import { RequestNode } from "../request-node.ts";

/** The `$management` links of a connection, with or without an event hub in their address. */
export class ManagementLinks {
  readonly #services: LinkServices;
  readonly #node: RequestNode;

  constructor(services: LinkServices) {
    this.#services = services;
    const { hubs, limits, log } = services;
    this.#node = new RequestNode({
      pendingResponsesMax: limits.pendingResponsesMax,
      answer: (request, link) =>
        Promise.resolve(
          answerManagement(request, {
            hubs,
            hub: this.#hubOf(parseLinkAddress(link.attach.target?.address ?? "").target),
            authorize: (hub) => this.#authorize([hub]),
            onUnexpected: (error) => log.error({ err: error }, "management request failed"),
          }),
        ),
    });
  }

  /** Throws `LinkRefusal` or `HubError`. */
  accept(link: AnyLink, target: LinkTarget, path: readonly string[]): void {
    const candidates = this.#candidates(target);
    if (candidates.length === 0) throw entityNotFound(path);
    const authorize = () => this.#authorize(candidates);
    authorize();
    if (link instanceof IncomingLink) this.#node.acceptRequests(link);
    else this.#node.acceptReplies(link);
    this.#services.detachAtExpiry(link, authorize);
  }

  #hubOf(target: LinkTarget): Hub | undefined {
    const { hubs, hub } = this.#services;
    return target.kind === "management" && target.entity !== undefined
      ? hubs.find(target.entity)
      : hub();
  }

  /** Without an event hub in the address, the tokens say which one is meant. */
  #candidates(target: LinkTarget): Hub[] {
    const { hubs, tokens } = this.#services;
    const found = new Set<Hub>();
    const add = (hub: Hub | undefined) => {
      if (hub !== undefined) found.add(hub);
    };
    add(this.#hubOf(target));
    if (target.kind === "management" && target.entity !== undefined) return [...found];
    for (const token of tokens.all()) {
      for (const [, entity] of token.resourceReadings) {
        if (entity !== undefined) add(hubs.find(entity));
      }
    }
    return [...found];
  }

  #authorize(hubs: readonly Hub[]): ServiceGrant {
    const tokens = this.#services.tokens.all();
    return firstAllowed(hubs, (hub) => authorizeEvents(tokens, hub, ["$management"]));
  }
}
