import type { Authentication, Device } from "../../devices/device.ts";
import type { DeviceRegistry } from "../../devices/device-registry.ts";
import { HubError } from "../../errors/hub-error.ts";
import type { Twins } from "../../twins/twins.ts";
import type { InitialTwin } from "../enrollments/enrollment.ts";
import { ProvisioningError } from "../provisioning-error.ts";
import type { HubAuthentication, HubIdentityWrite, LinkedHub } from "./linked-hub.ts";

/** Writers of one identity that keep overtaking each other give up after so many tries. */
const ATTEMPTS_MAX = 4;

/** The parts of a hub that provisioning needs. */
export interface ProvisionableHub {
  readonly devices: DeviceRegistry;
  readonly twins: Twins;
}

/** A hub of this server, through the same use cases as everybody else. */
export class LocalLinkedHub implements LinkedHub {
  readonly latencyMs = 0;
  readonly #hub: ProvisionableHub;

  constructor(hub: ProvisionableHub) {
    this.#hub = hub;
  }

  async put(write: HubIdentityWrite): Promise<"created" | "updated"> {
    return translated(async () => {
      const outcome = await this.#putIdentity(write);
      const { twin, twinMode, identity } = write;
      if (outcome === "updated" && twinMode === "whenCreated") return outcome;
      if (outcome === "created" && isEmpty(twin)) return outcome;
      try {
        await this.#hub.twins.replace({ deviceId: identity.deviceId }, twin ?? {}, "any");
      } catch (error) {
        if (outcome === "created") await this.delete(identity.deviceId);
        throw error;
      }
      return outcome;
    });
  }

  async readTwin(deviceId: string): Promise<InitialTwin | undefined> {
    return translated(async () => {
      try {
        const { tags, desired } = await this.#hub.twins.get({ deviceId });
        return { tags, desired: desired.values };
      } catch (error) {
        if (isCode(error, "DeviceNotFound")) return undefined;
        throw error;
      }
    });
  }

  async delete(deviceId: string): Promise<void> {
    await translated(async () => {
      try {
        await this.#hub.devices.delete(deviceId, "any");
      } catch (error) {
        if (!isCode(error, "DeviceNotFound")) throw error;
      }
    });
  }

  async #putIdentity({ identity }: HubIdentityWrite): Promise<"created" | "updated"> {
    const { devices } = this.#hub;
    for (let attempt = 1; ; attempt++) {
      try {
        await devices.create(identity);
        return "created";
      } catch (error) {
        if (!isCode(error, "DeviceAlreadyExists")) throw error;
      }
      try {
        const { device } = await devices.get(identity.deviceId);
        if (!isUpToDate(device, identity)) {
          // What an operator decided about the device in its hub, such as disabling it, stays.
          const { status, statusReason } = device;
          await devices.update({ ...identity, status, statusReason }, { etag: device.etag });
        }
        return "updated";
      } catch (error) {
        // Deleted or changed in between: look again.
        if (attempt === ATTEMPTS_MAX) throw error;
        if (!isCode(error, "DeviceNotFound") && !isCode(error, "PreconditionFailed")) throw error;
      }
    }
  }
}

function isUpToDate(device: Device, identity: HubIdentityWrite["identity"]): boolean {
  return (
    device.capabilities.iotEdge === identity.capabilities.iotEdge &&
    isSameAuthentication(device.authentication, identity.authentication)
  );
}

function isSameAuthentication(current: Authentication, wanted: HubAuthentication): boolean {
  if (wanted.type === "sas") {
    return (
      current.type === "sas" &&
      current.primaryKey === wanted.primaryKey &&
      current.secondaryKey === wanted.secondaryKey
    );
  }
  return (
    current.type === "selfSigned" &&
    current.primaryThumbprint === wanted.primaryThumbprint &&
    current.secondaryThumbprint === wanted.secondaryThumbprint
  );
}

function isEmpty(twin: InitialTwin | undefined): boolean {
  if (twin === undefined) return true;
  return Object.keys(twin.tags).length === 0 && Object.keys(twin.desired).length === 0;
}

function isCode(error: unknown, code: HubError["code"]): boolean {
  return error instanceof HubError && error.code === code;
}

/** The service's own clients hear of hub errors in the service's words. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new ProvisioningError(
      "HubUnusable",
      `${error.code}: ${error.message}`,
      { hubError: error.code },
      { cause: error },
    );
  }
}
