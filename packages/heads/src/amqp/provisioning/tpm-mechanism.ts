import {
  parseTpmSaslInit,
  readTpmSaslToken,
  TPM_SASL_GO_ON,
  TpmSaslAssembler,
  tpmSaslChallenges,
} from "@larimar/wire";
import type { RegistrationName } from "@larimar/wire";
import type { SaslStep } from "../engine/handshake.ts";

export const TPM_MECHANISM = "TPM";

export interface TpmKeys {
  readonly endorsementKey: string;
  readonly storageRootKey: string;
}

export interface TpmExchange {
  /** The activation blob for a device with these keys; rejects when there is none for it. */
  readonly challenge: (name: RegistrationName, keys: TpmKeys) => Promise<Uint8Array>;
  /** What the device signed with the key from the blob. */
  readonly conclude: (name: RegistrationName, keys: TpmKeys, token: string) => Promise<SaslStep>;
}

/**
 * The turns of the TPM mechanism: who the device is, its second key, the blob in two parts, its token.
 * (protocol reference: provisioning 6.5)
 */
export async function beginTpmExchange(
  initialResponse: Uint8Array | undefined,
  exchange: TpmExchange,
): Promise<SaslStep> {
  const assembler = new TpmSaslAssembler();
  /** Puts the client's next message together, however many segments it comes in. */
  const collect = (
    bytes: Uint8Array,
    next: (message: Uint8Array) => Promise<SaslStep>,
  ): Promise<SaslStep> => {
    const message = assembler.take(bytes);
    if (message === undefined) return Promise.resolve("authenticationFailed");
    return message === "more"
      ? Promise.resolve({ challenge: TPM_SASL_GO_ON, respond: (more) => collect(more, next) })
      : next(message);
  };
  const ask = (
    challenge: Uint8Array,
    next: (message: Uint8Array) => Promise<SaslStep>,
  ): SaslStep => ({ challenge, respond: (response) => collect(response, next) });

  return collect(initialResponse ?? new Uint8Array(), async (first) => {
    const init = parseTpmSaslInit(first);
    if (init === undefined) return "authenticationFailed";
    return ask(TPM_SASL_GO_ON, async (second) => {
      const keys = {
        endorsementKey: Buffer.from(init.endorsementKey).toString("base64"),
        storageRootKey: Buffer.from(second).toString("base64"),
      };
      const [head, tail] = tpmSaslChallenges(await exchange.challenge(init, keys));
      return ask(head, async () =>
        ask(tail, async (last) => exchange.conclude(init, keys, readTpmSaslToken(last) ?? "")),
      );
    });
  });
}
