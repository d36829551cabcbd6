import type { IdentityKey } from "@larimar/domain";
import type { AmqpMap, IdentityChannel } from "@larimar/wire";
import type { AnyLink } from "../engine/amqp-session.ts";
import { IncomingLink } from "../engine/incoming-link.ts";
import { LinkRefusal } from "../links/link-refusal.ts";
import type { LinkServices } from "../links/link-services.ts";
import { CommandLink } from "./command-link.ts";
import type { IdentitySession, IdentitySessions } from "./identity-sessions.ts";
import { MethodLinks } from "./method-links.ts";
import { openTelemetryLink } from "./telemetry-link.ts";
import { TwinLinks } from "./twin-links.ts";

interface Channels {
  readonly methods: MethodLinks;
  readonly twin: TwinLinks;
}

const MODEL_ID = "com.microsoft:model-id";

/** Opens links of devices and modules. (protocol reference: device-facing 4.4) */
export class IdentityLinks {
  readonly #sessions: IdentitySessions;
  readonly #services: LinkServices;
  readonly #channels = new WeakMap<IdentitySession, Channels>();

  constructor(sessions: IdentitySessions, services: LinkServices) {
    this.#sessions = sessions;
    this.#services = services;
  }

  /** Throws `LinkRefusal` or `HubError`. */
  async open(link: AnyLink, identity: IdentityKey, channel: IdentityChannel): Promise<void> {
    const hub = this.#services.hub();
    if (hub === undefined) throw new LinkRefusal("amqp:not-found", "No hub has that host name");
    const isServed = channel !== "streams" && !(channel === "commands" && isFromClient(link));
    if (!isServed)
      throw new LinkRefusal("amqp:not-implemented", "Links of this kind are not served");
    const modelId = modelIdIn(link.attach.properties);
    const owner = await this.#sessions.join(hub, identity, link, modelId);
    if (link.isOver) return;
    if (modelId !== undefined) {
      hub.twins.announceModel(identity, modelId).catch(this.#onError);
    }
    this.#open(link, owner, channel);
  }

  #open(link: AnyLink, owner: IdentitySession, channel: IdentityChannel): void {
    const { methods, twin } = this.#channelsOf(owner);
    if (link instanceof IncomingLink) {
      if (channel === "events") openTelemetryLink(link, owner);
      else if (channel === "methods") methods.openAnswers(link);
      else twin.openRequests(link);
    } else if (channel === "commands") new CommandLink(link, owner, this.#onError).open();
    else if (channel === "methods") methods.openRequests(link);
    else if (channel === "twin") twin.openAnswers(link);
    // Modules behind a gateway receive inputs here; a hub has none for them, so the link stays silent.
    else link.accept();
  }

  #channelsOf(owner: IdentitySession): Channels {
    const { clock } = this.#services;
    const known = this.#channels.get(owner);
    if (known !== undefined) return known;
    const twin = new TwinLinks({ owner, clock, onUnexpected: this.#onError });
    const channels = { methods: new MethodLinks(owner), twin };
    this.#channels.set(owner, channels);
    return channels;
  }

  readonly #onError = (error: unknown): void => {
    this.#services.log.error({ protocol: "amqp", err: error }, "device link failed");
  };
}

function isFromClient(link: AnyLink): boolean {
  return link instanceof IncomingLink;
}

function modelIdIn(properties: AmqpMap | undefined): string | undefined {
  const modelId = properties?.get(MODEL_ID);
  return typeof modelId === "string" && modelId !== "" ? modelId : undefined;
}
