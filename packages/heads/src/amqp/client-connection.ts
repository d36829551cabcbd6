import type { Duplex } from "node:stream";
import type { Clock, Hub, HubDirectory } from "@larimar/domain";
import { HubError, ProvisioningError } from "@larimar/domain";
import type { OpenPerformative } from "@larimar/wire";
import { AmqpDecodeError } from "@larimar/wire";
import type { ConnectionContext } from "../head.ts";
import type { Log } from "../log.ts";
import type { ProvisioningDeviceApi } from "../provisioning-api/device-api.ts";
import type { AmqpLimits } from "./amqp-limits.ts";
import { Cbs } from "./access/cbs.ts";
import { AmqpConnection } from "./engine/amqp-connection.ts";
import type { FaultScope } from "./engine/amqp-fault.ts";
import { AmqpFault, decodeError } from "./engine/amqp-fault.ts";
import type { ChunkPool } from "./engine/chunk-pool.ts";
import type { AnyLink } from "./engine/amqp-session.ts";
import { SASL_MECHANISMS } from "./engine/sasl-frames.ts";
import { detachAtExpiry, watchExpiry } from "./access/expiry.ts";
import { chooseHub, hostNameOf } from "./hub-choice.ts";
import { IdentitySessions } from "./identity/identity-sessions.ts";
import { injectFault } from "./identity/injected-fault.ts";
import { IdentityLinks } from "./identity/identity-links.ts";
import { LinkRefusal, refusalFields } from "./links/link-refusal.ts";
import type { LinkServices } from "./links/link-services.ts";
import { ManagementLinks } from "./links/management-links.ts";
import { routeLink } from "./links/route-link.ts";
import type { LinkNodes } from "./links/route-link.ts";
import { RequestNode } from "./requests/request-node.ts";
import { ProvisioningPeer } from "./provisioning/provisioning-peer.ts";
import { TPM_MECHANISM } from "./provisioning/tpm-mechanism.ts";
import { createSaslDecision } from "./access/sasl.ts";
import { TokenStore } from "./access/token-store.ts";

export interface ClientConnectionParts {
  readonly hubs: HubDirectory;
  /** Absent where devices are registered by hand. */
  readonly provisioning: ProvisioningDeviceApi | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: AmqpLimits;
  readonly amqpPort: () => number;
  readonly containerId: string;
  readonly pool: ChunkPool;
  readonly onClosed: (connection: ClientConnection) => void;
}

/** One client: whom it may speak for, and what its links are for. */
export class ClientConnection {
  readonly #parts: ClientConnectionParts;
  readonly #context: ConnectionContext;
  readonly #engine: AmqpConnection;
  readonly #nodes: LinkNodes;
  readonly #identities: IdentitySessions;
  #hostName: string | undefined;
  #hub: Hub | undefined;
  /** Event hubs that links have named themselves. */
  readonly #entities = new WeakSet<Hub>();
  /** Of a token by which the whole connection is authorised. */
  #expiry: Disposable | undefined;

  constructor(stream: Duplex, context: ConnectionContext, parts: ClientConnectionParts) {
    const { hubs, clock, log, limits, amqpPort } = parts;
    this.#parts = parts;
    this.#context = context;
    const tokens = new TokenStore(limits.tokensMax, clock);
    const hub = () => this.#hub;
    const cbs = new Cbs({
      hubs,
      hub,
      tokens,
      tokenLengthMax: limits.tokenLengthMax,
      onUnexpected: (error) => log.error({ ...this.#describe(), err: error }, "put-token failed"),
    });
    const services: LinkServices = {
      hubs,
      reads: (eventHub) => void this.#entities.add(eventHub),
      hub,
      hostNameOf: (of) => hostNameOf(of, [context.serverName, this.#hostName]),
      amqpPort,
      clock,
      log,
      limits,
      tokens,
      detachAtExpiry: (link, authorize) => detachAtExpiry(clock, link, authorize),
    };
    const provisioning =
      parts.provisioning &&
      new ProvisioningPeer(parts.provisioning, {
        certificate: context.certificate,
        clock,
        answerMsMin: limits.provisioningAnswerMsMin,
        onRefused: (error) => this.#logSaslRefusal(error),
      });
    const identities = (this.#identities = new IdentitySessions({
      tokens,
      certificate: context.certificate,
      onFault: (fault, links) => {
        log.info({ ...this.#describe(), type: fault.type }, "fault injected");
        injectFault(fault, { connection: this.#engine, cbs: this.#nodes.cbs, links });
      },
    }));
    this.#nodes = {
      cbs: new RequestNode({
        pendingResponsesMax: limits.pendingResponsesMax,
        answer: async (request) => {
          const answer = await cbs.answer(request);
          await identities.renewAll();
          return answer;
        },
      }),
      identities: new IdentityLinks(identities, services),
      management: new ManagementLinks(services),
      services,
      provisioning,
    };
    this.#engine = new AmqpConnection({
      stream,
      containerId: parts.containerId,
      pool: parts.pool,
      clock,
      limits,
      handler: {
        saslMechanisms:
          provisioning === undefined ? SASL_MECHANISMS : [...SASL_MECHANISMS, TPM_MECHANISM],
        decideSasl: createSaslDecision({
          hubs,
          provisioning,
          cbs,
          tokens,
          context,
          onAuthorized: (expiresAtMs) => this.#closeAtExpiry(expiresAtMs),
          onRefused: (error) => this.#logSaslRefusal(error),
        }),
        opened: (open) => this.#opened(open),
        attached: (link) => void this.#attach(link),
        failed: (error) => this.#logFailure(error),
        closed: () => this.#closed(),
      },
    });
  }

  /** A client that comes back finds another hub, or none. */
  hubRemoved(hub: Hub): void {
    if (hub !== this.#hub && !this.#entities.has(hub)) return;
    this.#parts.log.info({ ...this.#describe(), reason: "hubRemoved" }, CLOSED_BY_SERVER);
    this.#engine.close({ condition: "amqp:not-found", description: "The hub was deleted" });
  }

  /** Clients of every kind come back after this condition. (protocol reference: device-facing 4.11, 7.7) */
  shutDown(): void {
    this.#engine.closeFromWithin({
      condition: "amqp:internal-error",
      description: "The server is shutting down",
    });
  }

  #opened(open: OpenPerformative): void {
    this.#hostName = open.hostName;
    this.#hub = chooseHub(this.#parts.hubs, this.#context.serverName, open.hostName);
    this.#parts.log.debug(this.#describe(), "connection opened");
  }

  async #attach(link: AnyLink): Promise<void> {
    try {
      await routeLink(link, this.#nodes);
    } catch (error) {
      const refusal = refusalFields(error);
      if (error instanceof LinkRefusal || error instanceof HubError) {
        const { condition, description: detail } = refusal;
        this.#parts.log.info({ ...this.#describe(), condition, detail }, "link refused");
      } else {
        this.#parts.log.error({ ...this.#describe(), err: error }, "link could not be opened");
      }
      link.detach(refusal);
    }
  }

  /** A connection authorised by a password lives as long as the token that it was. (service-facing 4.1) */
  #closeAtExpiry(expiresAtMs: number): void {
    this.#expiry = watchExpiry(this.#parts.clock, expiresAtMs, () => {
      this.#parts.log.info({ ...this.#describe(), reason: "tokenExpired" }, CLOSED_BY_SERVER);
      this.#engine.close({
        condition: "amqp:unauthorized-access",
        description: "The token of the connection has expired",
      });
      return undefined;
    });
  }

  #logSaslRefusal(error: unknown): void {
    if (error instanceof HubError || error instanceof ProvisioningError) {
      const { code, message: detail } = error;
      this.#parts.log.info({ ...this.#describe(), code, detail }, "client refused");
    } else {
      this.#parts.log.error(
        { ...this.#describe(), err: error },
        "client could not be authenticated",
      );
    }
  }

  #logFailure(error: unknown): void {
    const { log } = this.#parts;
    if (error instanceof AmqpFault) {
      const { condition, scope, message: detail } = error;
      log.warn({ ...this.#describe(), condition, detail }, ENDED_BY_SERVER[scope]);
    } else if (error instanceof AmqpDecodeError) {
      const { condition, description: detail } = decodeError(error);
      log.warn({ ...this.#describe(), condition, detail }, CLOSED_BY_SERVER);
    } else {
      log.error({ ...this.#describe(), err: error }, CLOSED_BY_SERVER);
    }
  }

  #closed(): void {
    this.#expiry?.[Symbol.dispose]();
    this.#parts.log.debug(this.#describe(), "connection closed");
    this.#parts.onClosed(this);
  }

  #describe(): object {
    const { remoteAddress, transport } = this.#context;
    const hub = this.#hub?.settings.name;
    return { protocol: "amqp", transport, hub, ...this.#identities.describe(), remoteAddress };
  }
}

const CLOSED_BY_SERVER = "connection closed by the server";

const ENDED_BY_SERVER: Readonly<Record<FaultScope, string>> = {
  connection: CLOSED_BY_SERVER,
  session: "session ended by the server",
  link: "link detached by the server",
};
