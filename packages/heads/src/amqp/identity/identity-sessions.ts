import type {
  AuthenticatedIdentity,
  ClientCertificate,
  CloseReason,
  Hub,
  IdentityKey,
  InjectedFault,
  SasToken,
  Session,
} from "@larimar/domain";
import { HubError, describeIdentity } from "@larimar/domain";
import type { AnyLink } from "../engine/amqp-session.ts";
import type { TokenStore } from "../access/token-store.ts";

export interface IdentitySessionsParts {
  readonly tokens: TokenStore;
  readonly certificate: ClientCertificate | undefined;
  /** A device asked for a fault; the links are those of its session. */
  readonly onFault: (fault: InjectedFault, links: Iterable<AnyLink>) => void;
}

/**
 * The devices and modules that speak through one connection. A session lasts as long as its identity has a
 * link; a connection may carry many. (protocol reference: device-facing 4.10)
 */
export class IdentitySessions {
  readonly #parts: IdentitySessionsParts;
  readonly #open = new Map<string, IdentitySession>();

  constructor(parts: IdentitySessionsParts) {
    this.#parts = parts;
  }

  /** Joins the link to its identity's session. Throws `Unauthorized`, `DeviceNotFound`, `DeviceDisabled`. */
  async join(
    hub: Hub,
    identity: IdentityKey,
    link: AnyLink,
    modelId: string | undefined,
  ): Promise<IdentitySession> {
    const authenticated = await this.#authenticate(hub, identity);
    const name = `${hub.settings.name}/${describeIdentity(identity)}`;
    if (!this.#open.has(name)) await hub.admission.admit("connections");
    const session = this.#open.get(name) ?? this.#start({ name, hub, authenticated, modelId });
    session.add(link);
    return session;
  }

  /** For the log: whose connection this is, or how many share it. */
  describe(): { deviceId?: string; moduleId?: string | undefined; sessions?: number } {
    const [first] = this.#open.values();
    if (first === undefined) return {};
    return this.#open.size === 1 ? first.session.identity : { sessions: this.#open.size };
  }

  /** A token was put: those it opens may go on longer. The hub ends the others in time. */
  async renewAll(): Promise<void> {
    for (const session of [...this.#open.values()]) {
      try {
        await session.renew();
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
      }
    }
  }

  #start(request: {
    name: string;
    hub: Hub;
    authenticated: AuthenticatedIdentity;
    modelId: string | undefined;
  }): IdentitySession {
    const { name, hub, authenticated, modelId } = request;
    const session = new IdentitySession({
      hub,
      authenticated,
      modelId,
      onFault: this.#parts.onFault,
      renew: async () => (await this.#authenticate(hub, authenticated.identity)).expiresAtMs,
      onEnded: () => this.#open.delete(name),
    });
    this.#open.set(name, session);
    return session;
  }

  /** Any token of the connection that opens the identity will do, else the certificate. */
  async #authenticate(hub: Hub, identity: IdentityKey): Promise<AuthenticatedIdentity> {
    const { tokens, certificate } = this.#parts;
    const candidates: (SasToken | undefined)[] = tokens.isEmpty ? [undefined] : tokens.all();
    let refusal: unknown;
    for (const sasToken of candidates) {
      try {
        return await hub.access.authenticate(identity, { sasToken, certificate });
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }
}

interface IdentitySessionParts {
  readonly hub: Hub;
  readonly authenticated: AuthenticatedIdentity;
  readonly modelId: string | undefined;
  /** Until when the connection's newest proof is good. Rejects when there is none any more. */
  readonly renew: () => Promise<number | undefined>;
  readonly onEnded: () => void;
  readonly onFault: IdentitySessionsParts["onFault"];
}

/** Why the client may not go on, in its own protocol's words. (protocol reference: device-facing 7.7) */
const CONDITION_BY_REASON: Readonly<Record<CloseReason, string>> = {
  takenOver: "amqp:link:detach-forced",
  credentialsChanged: "amqp:link:detach-forced",
  tokenExpired: "amqp:unauthorized-access",
  identityDisabled: "amqp:unauthorized-access",
  identityDeleted: "amqp:not-found",
  shutdown: "amqp:link:detach-forced",
};

/** One identity on one connection, and its links. */
export class IdentitySession {
  readonly hub: Hub;
  readonly session: Session;
  readonly #links = new Set<AnyLink>();
  readonly #parts: IdentitySessionParts;

  constructor(parts: IdentitySessionParts) {
    const { hub, authenticated, modelId } = parts;
    this.#parts = parts;
    this.hub = hub;
    this.session = hub.sessions.open({
      authenticated,
      protocol: "amqp",
      modelId,
      connection: {
        close: (reason) => this.#close(reason),
        injectFault: (fault) => parts.onFault(fault, this.#links),
      },
    });
    this.session.onEnd(() => parts.onEnded());
  }

  add(link: AnyLink): void {
    this.#links.add(link);
    link.onDetached(() => {
      this.#links.delete(link);
      if (this.#links.size === 0) this.session.end();
    });
  }

  /** Rejects when no token of the connection opens the identity any more. */
  async renew(): Promise<void> {
    this.session.renew(await this.#parts.renew());
  }

  #close(reason: CloseReason): void {
    const description = `The session was closed: ${reason}`;
    const error = { condition: CONDITION_BY_REASON[reason], description };
    const amqpSessions = new Set([...this.#links].map((link) => link.session));
    for (const amqpSession of amqpSessions) {
      // A client with a session for each of its devices takes each detach for the end of that session,
      // and our end of it, once it has begun another, for the end of the other one: it is told once.
      if (amqpSession.isOnlyFor(this.#links)) amqpSession.end(error);
    }
    for (const link of [...this.#links]) link.detach(error);
  }
}
