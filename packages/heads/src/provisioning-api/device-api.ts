import type {
  AttestationEvidence,
  Clock,
  Protocol,
  ProvisioningDirectory,
  ProvisioningService,
  TpmChallenge,
} from "@larimar/domain";
import { ProvisioningError } from "@larimar/domain";
import type { RegistrationName } from "@larimar/wire";
import {
  operationHttpStatus,
  readRegisterBody,
  toOperationStatus,
  toRegistrationState,
  toTpmChallengeBody,
} from "@larimar/wire";
import type { Log } from "../log.ts";
import { ProvisioningRequestError, provisioningFailure } from "./provisioning-failure.ts";

export interface DeviceApiParts {
  readonly services: ProvisioningDirectory;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a device can ask for, over any protocol. */
export type DeviceOperation =
  | { readonly kind: "register"; readonly body: Uint8Array }
  | { readonly kind: "operation"; readonly operationId: string }
  | { readonly kind: "registration" };

export interface DeviceCall {
  readonly name: RegistrationName;
  readonly evidence: AttestationEvidence;
  readonly protocol: Protocol;
  readonly operation: DeviceOperation;
}

/** An answer before it is put into a protocol's form; the status is that of HTTP everywhere. */
export interface DeviceAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterS: number | undefined;
  /** What the device can ask about from now on. */
  readonly operationId?: string;
  /** The number of a failure. */
  readonly errorCode?: number;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The device API: takes a request apart, asks the service it names, puts the answer together. */
export class ProvisioningDeviceApi {
  readonly #parts: DeviceApiParts;

  constructor(parts: DeviceApiParts) {
    this.#parts = parts;
  }

  /** Never rejects: a failure is an answer, too. */
  async perform(call: DeviceCall): Promise<DeviceAnswer> {
    try {
      return await this.#perform(call);
    } catch (error) {
      return this.failure(error);
    }
  }

  failure(error: unknown): DeviceAnswer {
    const { clock, log } = this.#parts;
    const failure = provisioningFailure(error, { nowMs: clock.now(), log });
    return { ...failure, errorCode: failure.body.errorCode };
  }

  /** Whether the device may register at all. Throws what keeps it from that. */
  async authenticate(
    call: Omit<DeviceCall, "operation">,
  ): Promise<{ readonly kind: "attested" } | TpmChallenge> {
    const { name, evidence, protocol } = call;
    const { registrationId } = name;
    return this.#serviceOf(name).devices.authenticate({ registrationId, evidence, protocol });
  }

  async #perform({ name, evidence, protocol, operation }: DeviceCall): Promise<DeviceAnswer> {
    const { devices } = this.#serviceOf(name);
    const { registrationId } = name;
    const request = { registrationId, evidence, protocol };
    const nowMs = this.#parts.clock.now();
    switch (operation.kind) {
      case "register": {
        const { payload, tpm = evidence.tpm } = readBody(operation.body, registrationId);
        const outcome = await devices.register({
          ...request,
          evidence: { ...evidence, tpm },
          payload,
          bodyBytes: operation.body.byteLength,
        });
        if (outcome.kind === "tpmChallenge") {
          return { status: 401, body: toTpmChallengeBody(outcome), retryAfterS: undefined };
        }
        const { operationId, retryAfterS } = outcome;
        // The first answer is always the same: clients insist on asking once.
        return {
          status: 202,
          body: { operationId, status: "assigning" },
          retryAfterS,
          operationId,
        };
      }
      case "operation": {
        const found = await devices.operation(request, operation.operationId);
        const body = toOperationStatus(found, nowMs, encodeBase64);
        return { status: operationHttpStatus(found), body, retryAfterS: found.retryAfterS };
      }
      case "registration": {
        const found = await devices.registration(request);
        const body = toRegistrationState(found, nowMs, encodeBase64);
        return { status: 200, body, retryAfterS: undefined };
      }
    }
  }

  #serviceOf({ idScope }: RegistrationName): ProvisioningService {
    const service = this.#parts.services.findByScope(idScope);
    // Strangers learn as little about scopes as about keys.
    if (service === undefined) throw new ProvisioningRequestError("ScopeNotFound", "Unauthorized");
    return service;
  }
}

function readBody(body: Uint8Array, registrationId: string) {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    throw new ProvisioningRequestError("BodyUnreadable", "The body is not UTF-8");
  }
  const reading = readRegisterBody(text, registrationId);
  if (reading.kind === "read") return reading.value;
  throw new ProvisioningError("ArgumentInvalid", `The request cannot be read: ${reading.problem}`);
}

function encodeBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}
