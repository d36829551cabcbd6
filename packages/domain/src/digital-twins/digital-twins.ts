import { HubError } from "../errors/hub-error.ts";
import type { JsonObject, JsonValue } from "../json/json-value.ts";
import type { Methods } from "../methods/methods.ts";
import type { MethodResponse } from "../sessions/inlets.ts";
import type { TwinCondition, Twins } from "../twins/twins.ts";
import { toDigitalTwin } from "./digital-twin.ts";
import type { DigitalTwinOperation } from "./digital-twin-patch.ts";
import { toDesiredPatch } from "./digital-twin-patch.ts";

export interface DigitalTwinsParts {
  readonly twins: Twins;
  readonly methods: Methods;
}

export interface DigitalTwinCommand {
  readonly deviceId: string;
  /** Undefined for a command of the device itself. */
  readonly component: string | undefined;
  readonly name: string;
  readonly payload: JsonValue | undefined;
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
}

/** Somebody else keeps changing the twin; so many tries, then `Busy`. */
const ATTEMPTS_MAX = 16;

/** Devices as Plug and Play sees them: another view of twins and methods, with nothing kept of its own. */
export class DigitalTwins {
  readonly #parts: DigitalTwinsParts;

  constructor(parts: DigitalTwinsParts) {
    this.#parts = parts;
  }

  /** Throws `DeviceNotFound`. */
  async get(
    deviceId: string,
  ): Promise<{ readonly digitalTwin: JsonObject; readonly etag: string }> {
    const twin = await this.#parts.twins.get({ deviceId });
    return { digitalTwin: toDigitalTwin(twin), etag: twin.etag };
  }

  /** Throws `DeviceNotFound`, `PreconditionFailed`, and what the patch, or its result as a twin, leads to. */
  async update(
    deviceId: string,
    operations: readonly DigitalTwinOperation[],
    condition: TwinCondition,
  ): Promise<{ readonly etag: string }> {
    const { twins } = this.#parts;
    const key = { deviceId };
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const { etag, desired } = await twins.get(key);
      const patch = { desired: toDesiredPatch(desired.values, operations) };
      try {
        return await twins.update(key, patch, condition === "any" ? { etag } : condition);
      } catch (error) {
        const isOvertaken = error instanceof HubError && error.code === "PreconditionFailed";
        if (!isOvertaken || condition !== "any") throw error;
      }
    }
    throw new HubError("Busy", `The twin of '${deviceId}' changes too often`);
  }

  /** Throws as `Methods.invoke` does. */
  invoke({ deviceId, component, name, ...rest }: DigitalTwinCommand): Promise<MethodResponse> {
    // How devices are told which of their components is meant. (protocol reference: device-facing 2.8)
    const methodName = component === undefined ? name : `${component}*${name}`;
    return this.#parts.methods.invoke({ key: { deviceId }, name: methodName, ...rest });
  }
}
