import type { Clock } from "../../time/clock.ts";
import type { ClientCertificate } from "../../access/credentials.ts";
import type { CaCertificateStore } from "../../certificates/ca-certificate.ts";
import type { EnrollmentGroup } from "../enrollments/enrollment.ts";
import type { EnrollmentGroupStore } from "../enrollments/enrollment-store.ts";
import { isSameProvisioningId } from "../provisioning-ids.ts";
import { ProvisioningError, unauthorized } from "../provisioning-error.ts";
import type {
  CaReferenceAttestation,
  ClientCertificateAttestation,
  SigningCertificateAttestation,
} from "./attestation.ts";
import { bothOf } from "./attestation.ts";
import type { Certificates, X509Certificate } from "../../certificates/certificate.ts";
import { isValidAt } from "../../certificates/certificate.ts";
import type { Anchor } from "../../certificates/certificate-path.ts";
import { findAnchor } from "../../certificates/certificate-path.ts";
import type { AttestationProof } from "./evidence.ts";

export interface X509AttestorParts {
  readonly groups: EnrollmentGroupStore;
  readonly authorities: CaCertificateStore;
  readonly certificates: Certificates;
  readonly clock: Clock;
}

type X509Proof = Extract<AttestationProof, { type: "x509" }>;
type ChainAttestation = SigningCertificateAttestation | CaReferenceAttestation;

/** Judges what a device presented in its TLS handshake. (protocol reference: provisioning 6.2) */
export class X509Attestor {
  readonly #parts: X509AttestorParts;

  constructor(parts: X509AttestorParts) {
    this.#parts = parts;
  }

  /** Throws `Unauthorized`, `CertificateInvalid`. */
  async proveIndividual(
    registrationId: string,
    attestation: ClientCertificateAttestation | ChainAttestation,
    presented: ClientCertificate,
  ): Promise<X509Proof> {
    const chain = this.#read(registrationId, presented);
    const leaf = chain[0];
    if (attestation.kind !== "clientCertificates") {
      const anchors = await this.#anchorsOf(attestation, undefined);
      return this.#prove(chain, anchors).proof;
    }
    const isEnrolled = bothOf(attestation).some(
      (enrolled) => enrolled.sha256Thumbprint === leaf.sha256Thumbprint,
    );
    if (!isEnrolled) throw unauthorized("the certificate is not the enrolled one");
    if (!isValidAt(leaf, this.#parts.clock.now())) throw certificateInvalid(registrationId);
    return { type: "x509", leaf, signer: undefined };
  }

  /** The group whose certificate is nearest to the leaf, disabled or not. Throws as above. */
  async proveMember(
    registrationId: string,
    presented: ClientCertificate,
  ): Promise<{ group: EnrollmentGroup; proof: X509Proof }> {
    const chain = this.#read(registrationId, presented);
    const groups = await this.#parts.groups.listByType("x509");
    const anchors: Anchor<EnrollmentGroup>[] = [];
    for (const group of groups) {
      if (group.attestation.type !== "x509") continue;
      anchors.push(...(await this.#anchorsOf(group.attestation, group)));
    }
    const { proof, value } = this.#prove(chain, anchors);
    return { group: value, proof };
  }

  #read(
    registrationId: string,
    presented: ClientCertificate,
  ): [X509Certificate, ...X509Certificate[]] {
    const [leaf, ...others] = presented.chainDer.map((der) =>
      this.#parts.certificates.fromDer(der),
    );
    if (leaf === undefined) throw unauthorized("the certificate cannot be read");
    const commonName = leaf.subjectCommonName;
    if (commonName === undefined || !isSameProvisioningId(commonName, registrationId)) {
      throw unauthorized("the common name is not the registration id");
    }
    return [leaf, ...others.filter((other) => other !== undefined)];
  }

  #prove<T>(
    chain: readonly [X509Certificate, ...X509Certificate[]],
    anchors: readonly Anchor<T>[],
  ): { proof: X509Proof; value: T } {
    const { certificates, clock } = this.#parts;
    const match = findAnchor(chain, anchors, certificates, clock.now());
    if (match === undefined) throw unauthorized("the chain reaches no enrolled certificate");
    const [leaf] = chain;
    if (!match.isValid) throw certificateInvalid(leaf.subjectCommonName ?? "");
    const { anchor } = match;
    return { proof: { type: "x509", leaf, signer: anchor.certificate }, value: anchor.value };
  }

  async #anchorsOf<T>(attestation: ChainAttestation, value: T): Promise<Anchor<T>[]> {
    if (attestation.kind === "signingCertificates") {
      return bothOf(attestation).map((certificate) => ({ certificate, value }));
    }
    const anchors: Anchor<T>[] = [];
    for (const name of bothOf(attestation)) {
      const authority = await this.#parts.authorities.find(name);
      // Without proof of possession anybody could name an authority that is not theirs.
      if (authority?.isVerified) anchors.push({ certificate: authority.certificate, value });
    }
    return anchors;
  }
}

function certificateInvalid(registrationId: string): ProvisioningError {
  return new ProvisioningError("CertificateInvalid", "Invalid certificate.", { registrationId });
}
