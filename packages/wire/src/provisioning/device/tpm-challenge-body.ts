import type { TpmChallenge } from "@larimar/domain";

/** The body of the 401 that asks a TPM to prove itself. (protocol reference: provisioning 6.3) */
export function toTpmChallengeBody({ authenticationKey, keyName }: TpmChallenge): {
  readonly message: string;
  readonly authenticationKey: string;
  readonly keyName: string;
} {
  return { message: "Authorization required", authenticationKey, keyName };
}
