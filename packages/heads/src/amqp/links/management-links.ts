import type { Hub, SasToken, ServiceGrant } from "@larimar/domain";
import type { AmqpMessage, LinkTarget } from "@larimar/wire";
import { parseLinkAddress, parseSasToken } from "@larimar/wire";
import { authorizeEvents, firstAllowed } from "../access/authorization.ts";
import type { AnyLink } from "../engine/amqp-session.ts";
import { IncomingLink } from "../engine/incoming-link.ts";
import { entityNotFound } from "./link-refusal.ts";
import type { LinkServices } from "./link-services.ts";
import { answerManagement } from "../requests/management.ts";
import { RequestNode } from "../requests/request-node.ts";

/** The `$management` links of a connection, with or without an event hub in their address. */
export class ManagementLinks {
  readonly #services: LinkServices;
  readonly #node: RequestNode;

  constructor(services: LinkServices) {
    this.#services = services;
    const { hubs, limits, log } = services;
    this.#node = new RequestNode({
      pendingResponsesMax: limits.pendingResponsesMax,
      answer: (request, link) => {
        const { target } = parseLinkAddress(link.attach.target?.address ?? "");
        const tokens = this.#tokensOf(request);
        const answer = answerManagement(request, {
          hubs,
          hub: this.#hubOf(target),
          admit: () => this.#authorize(this.#candidates(target, tokens), tokens),
          authorize: (hub) => this.#authorize([hub], tokens),
          onUnexpected: (error) => log.error({ err: error }, "management request failed"),
        });
        return Promise.resolve(answer);
      },
    });
  }

  /** Throws `LinkRefusal` or `HubError`. */
  accept(link: AnyLink, target: LinkTarget, path: readonly string[]): void {
    const { tokens } = this.#services;
    const candidates = this.#candidates(target, tokens.all());
    if (candidates.length === 0) throw entityNotFound(path);
    const authorize = () => this.#authorize(candidates, tokens.all());
    const isProvedLater = tokens.isEmpty && isPlain(target);
    if (!isProvedLater) authorize();
    if (link instanceof IncomingLink) this.#node.acceptRequests(link);
    else this.#node.acceptReplies(link);
    if (!isProvedLater) this.#services.detachAtExpiry(link, authorize);
  }

  /** One client attaches before it has put a token, and brings one with each request. */
  #tokensOf({ applicationProperties }: AmqpMessage): readonly SasToken[] {
    const { tokens, limits } = this.#services;
    if (!tokens.isEmpty) return tokens.all();
    const text = applicationProperties.get("security_token");
    if (typeof text !== "string" || text.length > limits.tokenLengthMax) return [];
    const token = parseSasToken(text);
    return token === undefined ? [] : [token];
  }

  #hubOf(target: LinkTarget): Hub | undefined {
    const { hubs, hub } = this.#services;
    return target.kind === "management" && target.entity !== undefined
      ? hubs.find(target.entity)
      : hub();
  }

  /** Without an event hub in the address, the tokens say which one is meant. */
  #candidates(target: LinkTarget, tokens: readonly SasToken[]): Hub[] {
    const { hubs } = this.#services;
    const found = new Set<Hub>();
    const add = (hub: Hub | undefined) => {
      if (hub !== undefined) found.add(hub);
    };
    add(this.#hubOf(target));
    if (target.kind === "management" && target.entity !== undefined) return [...found];
    for (const token of tokens) {
      for (const [, entity] of token.resourceReadings) {
        if (entity !== undefined) add(hubs.find(entity));
      }
    }
    return [...found];
  }

  #authorize(hubs: readonly Hub[], tokens: readonly SasToken[]): ServiceGrant {
    return firstAllowed(hubs, (hub) => authorizeEvents(tokens, hub, ["$management"]));
  }
}

/** Whoever has proved nothing learns nothing here either: names of hubs are for those who may know them. */
function isPlain(target: LinkTarget): boolean {
  return target.kind === "management" && target.entity === undefined;
}
