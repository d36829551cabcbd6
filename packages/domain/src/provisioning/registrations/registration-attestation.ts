import { certificateInfo } from "../../certificates/certificate.ts";
import type { AttestedDevice } from "../attestation/evidence.ts";
import type { Registration, RegistrationAttestation } from "./registration.ts";

/** What a registration keeps of a proof. */
export function attestationOf(
  { proof }: AttestedDevice,
  current: Registration | undefined,
  sealedKey: string | undefined,
): RegistrationAttestation {
  switch (proof.type) {
    case "symmetricKey":
      return { type: "symmetricKey" };
    case "x509":
      return {
        type: "x509",
        certificate: certificateInfo(proof.leaf),
        signer: proof.signer && certificateInfo(proof.signer),
      };
    case "tpm": {
      const known = current?.attestation.type === "tpm" ? current.attestation : undefined;
      return {
        type: "tpm",
        storageRootKey: proof.storageRootKey,
        authenticationKey: sealedKey ?? known?.authenticationKey,
      };
    }
  }
}
