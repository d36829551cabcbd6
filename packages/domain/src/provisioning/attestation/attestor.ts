import type { SasToken } from "../../access/credentials.ts";
import type { Secrets } from "../../access/secrets.ts";
import type { Clock } from "../../time/clock.ts";
import type { Enrollment, IndividualEnrollment } from "../enrollments/enrollment.ts";
import type {
  EnrollmentGroupStore,
  IndividualEnrollmentStore,
} from "../enrollments/enrollment-store.ts";
import { ProvisioningError, unauthorized } from "../provisioning-error.ts";
import { checkProvisioningId } from "../provisioning-ids.ts";
import type { SymmetricKeys, TpmKeys } from "./attestation.ts";
import type {
  AttestedDevice,
  ProvisioningDeviceRequest,
  AttestationEvidence,
  AttestationProof,
  TpmChallenge,
} from "./evidence.ts";
import { REGISTRATION_KEY_NAME } from "./evidence.ts";
import type { ProvisioningCrypto } from "./provisioning-crypto.ts";
import { isSignedWith, isTokenUsable, matchDerivedKeys } from "./registration-token.ts";
import type { TpmChallenges } from "./tpm-challenges.ts";
import type { X509Attestor } from "./x509-attestor.ts";

export interface AttestorParts {
  readonly idScope: () => string;
  readonly individuals: IndividualEnrollmentStore;
  readonly groups: EnrollmentGroupStore;
  readonly x509: X509Attestor;
  readonly challenges: TpmChallenges;
  /** The storage root key that a registration remembers from the first time. */
  readonly rememberedStorageRootKey: (registrationId: string) => Promise<string | undefined>;
  readonly secrets: Secrets;
  readonly crypto: ProvisioningCrypto;
  readonly clock: Clock;
}

export type AttestationOutcome =
  | { readonly kind: "attested"; readonly device: AttestedDevice }
  | TpmChallenge;

/** Finds the enrollment that decides about a device and has the device prove itself to it. */
export class Attestor {
  readonly #parts: AttestorParts;

  constructor(parts: AttestorParts) {
    this.#parts = parts;
  }

  /**
   * An individual enrollment decides alone, even when disabled; otherwise groups do. (protocol reference:
   * provisioning 6.1) Throws `Unauthorized`, `CertificateInvalid`, `EnrollmentNotFound` for an unknown TPM,
   * and `EnrollmentDisabled`, which only a device that has proved itself is told.
   */
  async attest(request: ProvisioningDeviceRequest): Promise<AttestationOutcome> {
    const { registrationId, evidence } = request;
    checkProvisioningId(registrationId, "registration");
    const individual = await this.#parts.individuals.find(registrationId);
    const outcome =
      individual === undefined
        ? await this.#proveMember(registrationId, evidence)
        : await this.#proveIndividual(registrationId, individual, evidence);
    if (outcome.kind === "tpmChallenge") return outcome;
    const { enrollment, proof } = outcome;
    if (enrollment.provisioningStatus === "disabled") {
      throw new ProvisioningError(
        "EnrollmentDisabled",
        `The enrollment of '${registrationId}' is disabled`,
        { registrationId },
      );
    }
    return { kind: "attested", device: { registrationId, enrollment, proof } };
  }

  async #proveIndividual(
    registrationId: string,
    enrollment: IndividualEnrollment,
    evidence: AttestationEvidence,
  ): Promise<{ kind: "proved"; enrollment: Enrollment; proof: AttestationProof } | TpmChallenge> {
    const { attestation } = enrollment;
    switch (attestation.type) {
      case "symmetricKey": {
        const token = this.#usableToken(registrationId, evidence);
        const { primaryKey, secondaryKey } = attestation;
        if (!isSignedWith(token, [primaryKey, secondaryKey], this.#parts.secrets)) {
          throw unauthorized("the token is not signed with a key of the enrollment");
        }
        return {
          kind: "proved",
          enrollment,
          proof: { type: "symmetricKey", primaryKey, secondaryKey },
        };
      }
      case "x509": {
        if (evidence.certificate === undefined) throw unauthorized("no client certificate");
        const { x509 } = this.#parts;
        const proof = await x509.proveIndividual(registrationId, attestation, evidence.certificate);
        return { kind: "proved", enrollment, proof };
      }
      case "tpm": {
        if (evidence.sasToken === undefined) {
          return this.#challenge(registrationId, attestation, evidence);
        }
        const proof = await this.#proveTpm(registrationId, attestation, evidence);
        return { kind: "proved", enrollment, proof };
      }
    }
  }

  async #proveMember(
    registrationId: string,
    evidence: AttestationEvidence,
  ): Promise<{ kind: "proved"; enrollment: Enrollment; proof: AttestationProof }> {
    if (evidence.sasToken === undefined && evidence.certificate !== undefined) {
      const { x509 } = this.#parts;
      const { group, proof } = await x509.proveMember(registrationId, evidence.certificate);
      return { kind: "proved", enrollment: group, proof };
    }
    // Endorsement keys are public, so telling that one is unknown gives nothing away.
    if (evidence.tpm !== undefined) throw enrollmentNotFound(registrationId);
    const token = this.#usableToken(registrationId, evidence);
    const scope = { idScope: this.#parts.idScope(), registrationId };
    for (const group of await this.#parts.groups.listByType("symmetricKey")) {
      if (group.attestation.type !== "symmetricKey") continue;
      const keys = matchDerivedKeys(token, scope, group.attestation, this.#parts);
      if (keys !== undefined) {
        const proof: AttestationProof & SymmetricKeys = { type: "symmetricKey", ...keys };
        return { kind: "proved", enrollment: group, proof };
      }
    }
    throw unauthorized("the token is not signed with a key derived for the id");
  }

  async #challenge(
    registrationId: string,
    enrolled: TpmKeys,
    evidence: AttestationEvidence,
  ): Promise<TpmChallenge> {
    if (evidence.tpm === undefined) throw unauthorized("no TPM keys");
    await this.#checkTpm(registrationId, enrolled, evidence.tpm);
    const pending = await this.#parts.challenges.begin(registrationId, evidence.tpm);
    const authenticationKey = this.#parts.crypto.sealForTpm(pending);
    if (authenticationKey === undefined) throw unauthorized("the TPM's keys cannot be read");
    return { kind: "tpmChallenge", authenticationKey, keyName: REGISTRATION_KEY_NAME };
  }

  async #proveTpm(
    registrationId: string,
    enrolled: TpmKeys,
    evidence: AttestationEvidence,
  ): Promise<AttestationProof> {
    const token = this.#usableToken(registrationId, evidence);
    const pending = await this.#parts.challenges.pending(registrationId);
    if (pending === undefined || !isSignedWith(token, [pending.key], this.#parts.secrets)) {
      throw unauthorized("the token does not answer the newest challenge");
    }
    // The enrollment may have changed since the challenge, and the request may name other keys than it did.
    await this.#checkTpm(registrationId, enrolled, pending);
    if (evidence.tpm !== undefined) await this.#checkTpm(registrationId, pending, evidence.tpm);
    const { endorsementKey, storageRootKey } = pending;
    return { type: "tpm", endorsementKey, storageRootKey };
  }

  /** The endorsement key is the enrolled one; the storage root key too, or the one of the first time. */
  async #checkTpm(
    registrationId: string,
    enrolled: TpmKeys,
    presented: { endorsementKey: string; storageRootKey: string },
  ): Promise<void> {
    const { crypto, rememberedStorageRootKey } = this.#parts;
    if (!crypto.isSameBase64(enrolled.endorsementKey, presented.endorsementKey)) {
      throw unauthorized("the endorsement key is not the enrolled one");
    }
    const known = enrolled.storageRootKey ?? (await rememberedStorageRootKey(registrationId));
    if (known !== undefined && !crypto.isSameBase64(known, presented.storageRootKey)) {
      throw unauthorized("the storage root key is not the known one");
    }
  }

  #usableToken(registrationId: string, evidence: AttestationEvidence): SasToken {
    const { sasToken } = evidence;
    if (sasToken === undefined) throw unauthorized("no token");
    const scope = { idScope: this.#parts.idScope(), registrationId };
    if (!isTokenUsable(sasToken, scope, this.#parts.clock.now())) {
      throw unauthorized("the token has expired or names another registration");
    }
    return sasToken;
  }
}

function enrollmentNotFound(registrationId: string): ProvisioningError {
  return new ProvisioningError("EnrollmentNotFound", "Enrollment not found", { registrationId });
}
