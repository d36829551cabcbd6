import type { AttestationEvidence, ClientCertificate, Clock } from "@larimar/domain";
import { ProvisioningError } from "@larimar/domain";
import type { RegistrationName } from "@larimar/wire";
import { asciiJson, formatRegistrationName, parseSasToken } from "@larimar/wire";
import type { ProvisioningDeviceApi } from "../../provisioning-api/device-api.ts";
import { ProvisioningRequestError } from "../../provisioning-api/provisioning-failure.ts";
import type { AnyLink } from "../engine/amqp-session.ts";
import type { SaslStep } from "../engine/handshake.ts";
import { IncomingLink } from "../engine/incoming-link.ts";
import { LinkRefusal } from "../links/link-refusal.ts";
import { ProvisioningLinks } from "./provisioning-links.ts";
import { conditionOf } from "./provisioning-rejection.ts";
import { beginTpmExchange } from "./tpm-mechanism.ts";

export interface ProvisioningPeerParts {
  readonly certificate: ClientCertificate | undefined;
  readonly clock: Clock;
  readonly answerMsMin: number;
  /** For the log. */
  readonly onRefused: (error: unknown) => void;
}

interface Proof {
  readonly name: RegistrationName;
  readonly evidence: AttestationEvidence;
}

/** What one connection has proved about the device that provisions itself on it, and its links. */
export class ProvisioningPeer {
  readonly #api: ProvisioningDeviceApi;
  readonly #parts: ProvisioningPeerParts;
  /** By SASL; devices with certificates have no need of that. */
  #proof: Proof | undefined;
  #links: ProvisioningLinks | undefined;

  constructor(api: ProvisioningDeviceApi, parts: ProvisioningPeerParts) {
    this.#api = api;
    this.#parts = parts;
  }

  /** A password that is a token of the device's own. Never rejects. */
  authenticate(name: RegistrationName, password: string): Promise<SaslStep> {
    const evidence = { sasToken: parseSasToken(password) };
    return this.#judged(() => this.#prove({ name, evidence }));
  }

  /** Never rejects. */
  beginTpm(initialResponse: Uint8Array | undefined): Promise<SaslStep> {
    return this.#judged(() =>
      beginTpmExchange(initialResponse, {
        challenge: async (name, tpm) => {
          const outcome = await this.#api.authenticate({
            name,
            evidence: { tpm },
            protocol: "amqp",
          });
          if (outcome.kind === "attested") throw unauthorized();
          return Buffer.from(outcome.authenticationKey, "base64");
        },
        conclude: (name, tpm, token) =>
          this.#prove({ name, evidence: { tpm, sasToken: parseSasToken(token) } }),
      }),
    );
  }

  /** Throws `LinkRefusal` with what is wrong, for devices with certificates the first time they hear of it. */
  async open(link: AnyLink, name: RegistrationName): Promise<void> {
    const proof = this.#proof ?? { name, evidence: { certificate: this.#parts.certificate } };
    try {
      if (!isSameName(proof.name, name)) throw unauthorized();
      const outcome = await this.#api.authenticate({ ...proof, protocol: "amqp" });
      if (outcome.kind === "tpmChallenge") throw unauthorized();
    } catch (error) {
      const { status, body } = this.#api.failure(error);
      throw new LinkRefusal(conditionOf(status), asciiJson(body));
    }
    const { clock, answerMsMin } = this.#parts;
    this.#links ??= new ProvisioningLinks({
      clock,
      answerMsMin,
      ask: (operation) => this.#api.perform({ ...proof, protocol: "amqp", operation }),
    });
    if (link instanceof IncomingLink) this.#links.acceptRequests(link);
    else this.#links.acceptAnswers(link);
  }

  async #prove(proof: Proof): Promise<SaslStep> {
    const outcome = await this.#api.authenticate({ ...proof, protocol: "amqp" });
    if (outcome.kind === "tpmChallenge") throw unauthorized();
    this.#proof = proof;
    return "ok";
  }

  async #judged(judge: () => Promise<SaslStep>): Promise<SaslStep> {
    try {
      const step = await judge();
      if (typeof step !== "object") return step;
      return { ...step, respond: (response) => this.#judged(() => step.respond(response)) };
    } catch (error) {
      this.#parts.onRefused(error);
      const isOurs =
        error instanceof ProvisioningError || error instanceof ProvisioningRequestError;
      return isOurs ? "authenticationFailed" : "temporaryFailure";
    }
  }
}

function isSameName(left: RegistrationName, right: RegistrationName): boolean {
  return formatRegistrationName(left).toLowerCase() === formatRegistrationName(right).toLowerCase();
}

function unauthorized(): ProvisioningError {
  return new ProvisioningError("Unauthorized", "Unauthorized");
}
