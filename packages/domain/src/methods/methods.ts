import { describeIdentity } from "../devices/device.ts";
import type { IdentityKey } from "../devices/device.ts";
import { HubError } from "../errors/hub-error.ts";
import type { JsonValue } from "../json/json-value.ts";
import type { Admission } from "../limits/admission.ts";
import { blocksOf } from "../limits/admission.ts";
import { sizeOf } from "../twins/twin-rules.ts";
import type { MethodRequest, MethodResponse } from "../sessions/inlets.ts";
import type { Session } from "../sessions/session.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Clock } from "../time/clock.ts";

export interface MethodsParts {
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly limits: MethodLimits;
  readonly admission: Admission;
  readonly isRegistered: (key: IdentityKey) => Promise<boolean>;
}

export interface MethodLimits {
  /** Calls of one identity that have no answer yet. */
  readonly inFlightMax: number;
  readonly payloadBytesMax: number;
  readonly nameLengthMax: number;
}

export const DEFAULT_METHOD_LIMITS: MethodLimits = {
  inFlightMax: 100,
  payloadBytesMax: 131_072,
  nameLengthMax: 100,
};

export interface MethodInvocation extends MethodRequest {
  readonly key: IdentityKey;
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
}

/** Rates of methods count these. */
const METHOD_BLOCK_BYTES = 4096;

/** Direct methods: asked and answered while the device is connected, never queued. */
export class Methods {
  readonly #parts: MethodsParts;
  readonly #inFlight = new Map<string, number>();

  constructor(parts: MethodsParts) {
    this.#parts = parts;
  }

  /**
   * Throws `DeviceNotFound`, `ModuleNotFound`, `ArgumentInvalid`, `DeviceNotOnline`, `DeviceTimeout`,
   * `DeviceConnectionClosed`, `TooManyMethodsInFlight`, `BadDeviceResponse`.
   */
  async invoke(invocation: MethodInvocation): Promise<MethodResponse> {
    const { key } = invocation;
    this.check(invocation);
    if (!(await this.#parts.isRegistered(key))) throw notFound(key);
    const bytes = bytesOf(invocation.payload);
    await this.#parts.admission.admit("methods", {
      count: blocksOf(bytes, METHOD_BLOCK_BYTES),
      charge: (blockBytes) => blocksOf(bytes, blockBytes),
    });
    const name = describeIdentity(key);
    const inFlight = this.#inFlight.get(name) ?? 0;
    if (inFlight >= this.#parts.limits.inFlightMax) {
      throw new HubError(
        "TooManyMethodsInFlight",
        `'${name}' has ${inFlight} method calls without an answer`,
        { deviceId: key.deviceId },
      );
    }
    this.#inFlight.set(name, inFlight + 1);
    try {
      const response = await this.#call(invocation, await this.#listening(invocation));
      this.#parts.admission.meter((blockBytes) => blocksOf(bytesOf(response.payload), blockBytes));
      return response;
    } finally {
      const left = (this.#inFlight.get(name) ?? 1) - 1;
      if (left === 0) this.#inFlight.delete(name);
      else this.#inFlight.set(name, left);
    }
  }

  /** Throws `ArgumentInvalid`. */
  check({ name }: Pick<MethodInvocation, "name">): void {
    const { nameLengthMax } = this.#parts.limits;
    if (
      name.length === 0 ||
      name.length > nameLengthMax ||
      !/^[\x21-\x7e]+$/.test(name) ||
      name.includes("/")
    ) {
      throw new HubError(
        "ArgumentInvalid",
        `A method name has 1 to ${nameLengthMax} printable ASCII characters without spaces and slashes`,
      );
    }
  }

  /** The session once it listens for methods, within the connect time-out. */
  async #listening({ key, connectTimeoutMs }: MethodInvocation): Promise<Session> {
    const { sessions, clock } = this.#parts;
    const session = sessions.find(key);
    if (session?.methods !== undefined) return session;
    if (connectTimeoutMs <= 0) throw notOnline(key, "The device is not online.");
    return new Promise((resolve, reject) => {
      const waiting = sessions.onListening(key, (candidate) => {
        if (candidate.methods === undefined) return;
        timer.cancel();
        waiting[Symbol.dispose]();
        resolve(candidate);
      });
      const timer = clock.after(connectTimeoutMs, () => {
        waiting[Symbol.dispose]();
        reject(notOnline(key, "Timed out waiting for device to connect."));
      });
    });
  }

  #call(invocation: MethodInvocation, session: Session): Promise<MethodResponse> {
    const { key, name, payload, responseTimeoutMs } = invocation;
    const inlet = session.methods;
    if (inlet === undefined) throw notOnline(key, "The device is not online.");
    return new Promise((resolve, reject) => {
      const call = inlet.invoke({ name, payload });
      const finish = (): void => {
        timer.cancel();
        ended[Symbol.dispose]();
      };
      const timer = this.#parts.clock.after(responseTimeoutMs, () => {
        finish();
        call.abandon();
        reject(
          new HubError("DeviceTimeout", "Timed out waiting for the response from device.", {
            deviceId: key.deviceId,
          }),
        );
      });
      const ended = session.onEnd(() => {
        finish();
        call.abandon();
        reject(
          new HubError("DeviceConnectionClosed", "The device's connection was closed.", {
            deviceId: key.deviceId,
          }),
        );
      });
      call.response.then(
        (response) => {
          finish();
          resolve(response);
        },
        (error: unknown) => {
          finish();
          reject(error);
        },
      );
    });
  }
}

function notOnline(key: IdentityKey, message: string): HubError {
  return new HubError("DeviceNotOnline", message, { deviceId: key.deviceId });
}

function notFound(key: IdentityKey): HubError {
  return new HubError(
    key.moduleId === undefined ? "DeviceNotFound" : "ModuleNotFound",
    `'${describeIdentity(key)}' is not registered.`,
    { deviceId: key.deviceId, moduleId: key.moduleId },
  );
}

function bytesOf(payload: JsonValue | undefined): number {
  return payload === undefined ? 0 : sizeOf(payload);
}
