import { bothOf } from "../attestation/attestation.ts";
import type { AttestedDevice } from "../attestation/evidence.ts";
import type { HubAuthentication } from "./linked-hub.ts";

/**
 * How the device will prove itself to its hub: with what it proved itself with here. A hub never learns about
 * authorities, so members of an X.509 group have the thumbprint of their own leaf. (protocol reference:
 * provisioning 6.2, 12)
 */
export function hubAuthenticationOf(device: AttestedDevice, tpmKey: string): HubAuthentication {
  const { proof, enrollment } = device;
  switch (proof.type) {
    case "symmetricKey":
      return { type: "sas", primaryKey: proof.primaryKey, secondaryKey: proof.secondaryKey };
    case "tpm":
      return { type: "sas", primaryKey: tpmKey, secondaryKey: tpmKey };
    case "x509": {
      const { attestation } = enrollment;
      const [primary = proof.leaf, secondary = primary] =
        attestation.type === "x509" && attestation.kind === "clientCertificates"
          ? bothOf(attestation)
          : [proof.leaf];
      return {
        type: "selfSigned",
        primaryThumbprint: primary.sha256Thumbprint,
        secondaryThumbprint: secondary.sha256Thumbprint,
      };
    }
  }
}
