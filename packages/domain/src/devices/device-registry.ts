import type { Secrets } from "../access/secrets.ts";
import { HubError } from "../errors/hub-error.ts";
import type { HubObservers } from "../hubs/hub-observer.ts";
import type { Limits } from "../limits/limits.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Clock } from "../time/clock.ts";
import { createTwin } from "../twins/twin.ts";
import type { TwinStore } from "../twins/twin-store.ts";
import type { Device, Presence } from "./device.ts";
import type { DeviceStore, PresenceStore } from "./device-store.ts";
import type { ScopeInput } from "./device-scopes.ts";
import { DeviceScopes } from "./device-scopes.ts";
import { createGenerationId } from "./generation-id.ts";
import type { AuthenticationInput } from "./identity-rules.ts";
import { checkId, isSameAuthentication, resolveAuthentication } from "./identity-rules.ts";
import type { ModuleRegistry } from "./module-registry.ts";

export interface DeviceRegistryParts {
  readonly store: DeviceStore;
  readonly modules: ModuleRegistry;
  readonly presence: PresenceStore;
  readonly sessions: Sessions;
  readonly twins: TwinStore;
  readonly observers: HubObservers;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** What a client may decide about a device; absent members keep what is there. */
export interface DeviceInput extends ScopeInput {
  readonly deviceId: string;
  readonly status?: Device["status"] | undefined;
  readonly statusReason?: string | undefined;
  readonly authentication?: AuthenticationInput | undefined;
  readonly capabilities?: Device["capabilities"] | undefined;
}

export interface DeviceWithPresence {
  readonly device: Device;
  readonly presence: Presence;
}

/** Writers of one identity that keep overtaking each other give up after so many tries. */
const ATTEMPTS_MAX = 16;

/** What an ETag condition can say: `any` is `If-Match: *`. */
export type EtagCondition = { readonly etag: string } | "any";

/** The device identities of one hub. */
export class DeviceRegistry {
  readonly #parts: DeviceRegistryParts;
  readonly #scopes: DeviceScopes;

  constructor(parts: DeviceRegistryParts) {
    this.#parts = parts;
    this.#scopes = new DeviceScopes(parts);
  }

  /** Throws `DeviceAlreadyExists`, `ArgumentInvalid`, `DeviceScopeInvalid`. */
  async create(input: DeviceInput): Promise<DeviceWithPresence> {
    checkId(input.deviceId, "device");
    const { store, twins, modules, secrets, clock } = this.#parts;
    const bearer = {
      deviceId: input.deviceId,
      generationId: createGenerationId(clock.now(), secrets),
      capabilities: input.capabilities ?? { iotEdge: false },
    };
    const place = await this.#scopes.place(input, bearer, undefined);
    const device: Device = {
      ...bearer,
      ...place,
      etag: secrets.createEtag(),
      status: input.status ?? "enabled",
      statusReason: this.#checkReason(input.statusReason),
      statusUpdatedAtMs: 0,
      authentication: resolveAuthentication(input.authentication, undefined, secrets),
    };
    // In one turn, so that both are written or neither: who looks for twins finds every device.
    const [outcome] = await Promise.all([
      store.put(device, undefined),
      twins.put(createTwin({ deviceId: device.deviceId }, clock.now()), undefined),
    ]);
    if (outcome === "conflict") {
      throw new HubError(
        "DeviceAlreadyExists",
        `A device with ID '${input.deviceId}' is already registered.`,
        { deviceId: input.deviceId },
      );
    }
    this.#parts.observers.identityCreated({ deviceId: device.deviceId });
    if (device.capabilities.iotEdge) await modules.ensureSystemModules(device.deviceId);
    return this.#withPresence(device);
  }

  /** Throws `DeviceNotFound`, `PreconditionFailed`, `ArgumentInvalid`, `DeviceScopeInvalid`. */
  async update(input: DeviceInput, condition: EtagCondition): Promise<DeviceWithPresence> {
    const { store, secrets, clock, sessions, modules } = this.#parts;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const current = await this.#require(input.deviceId);
      checkCondition(current, condition);
      const status = input.status ?? current.status;
      const capabilities = input.capabilities ?? current.capabilities;
      const device: Device = {
        ...current,
        ...(await this.#scopes.place(input, { ...current, capabilities }, current)),
        etag: secrets.createEtag(),
        status,
        statusReason: this.#checkReason(input.statusReason),
        statusUpdatedAtMs: status === current.status ? current.statusUpdatedAtMs : clock.now(),
        authentication: resolveAuthentication(
          input.authentication,
          current.authentication,
          secrets,
        ),
        capabilities,
      };
      // Someone else was faster: an unconditional update looks again, a conditional one fails above.
      if ((await store.put(device, current.etag)) === "conflict") continue;
      if (status === "disabled") {
        sessions.close({ deviceId: input.deviceId }, "identityDisabled");
      } else if (!isSameAuthentication(device.authentication, current.authentication)) {
        sessions.credentialsChanged({ deviceId: input.deviceId });
      }
      this.#parts.observers.identityUpdated({ deviceId: input.deviceId });
      if (capabilities.iotEdge) await modules.ensureSystemModules(device.deviceId);
      else if (current.capabilities.iotEdge) await this.#endEdge(current);
      return this.#withPresence(device);
    }
    throw new HubError("Busy", `Device '${input.deviceId}' changes too often`);
  }

  /** Throws `DeviceNotFound`, `PreconditionFailed`. */
  async delete(deviceId: string, condition: EtagCondition): Promise<void> {
    const expectedEtag = condition === "any" ? undefined : condition.etag;
    const { store, twins, sessions, observers } = this.#parts;
    const device = await this.#require(deviceId);
    const twin = await twins.find({ deviceId });
    const outcome = await store.delete(deviceId, expectedEtag);
    if (outcome === "missing") throw deviceNotFound(deviceId);
    if (outcome === "conflict") throw preconditionFailed(deviceId);
    sessions.close({ deviceId }, "identityDeleted");
    observers.identityDeleted({ deviceId }, twin);
    await this.#releaseChildren(device);
  }

  /** Throws `DeviceNotFound`. */
  async get(deviceId: string): Promise<DeviceWithPresence> {
    return this.#withPresence(await this.#require(deviceId));
  }

  async list(top: number): Promise<readonly DeviceWithPresence[]> {
    const limit = Math.min(top, this.#parts.limits.devicesPerPageMax);
    const devices = await this.#parts.store.list({ limit });
    return Promise.all(devices.map((device) => this.#withPresence(device)));
  }

  async statistics(): Promise<{ total: number; enabled: number; connected: number }> {
    const { total, enabled } = await this.#parts.store.count();
    return { total, enabled, connected: this.#parts.sessions.count };
  }

  async #endEdge(device: Device): Promise<void> {
    await this.#parts.modules.removeSystemModules(device.deviceId);
    await this.#releaseChildren(device);
  }

  async #releaseChildren({ capabilities, deviceScope }: Device): Promise<void> {
    if (capabilities.iotEdge && deviceScope !== undefined) await this.#scopes.release(deviceScope);
  }

  async #require(deviceId: string): Promise<Device> {
    const device = await this.#parts.store.find(deviceId);
    if (device === undefined) throw deviceNotFound(deviceId);
    return device;
  }

  async #withPresence(device: Device): Promise<DeviceWithPresence> {
    const key = { deviceId: device.deviceId };
    const stored = await this.#parts.presence.find(key);
    return { device, presence: this.#parts.sessions.presenceOf(key, stored) };
  }

  #checkReason(reason: string | undefined): string | undefined {
    const { statusReasonLengthMax } = this.#parts.limits;
    if (reason !== undefined && reason.length > statusReasonLengthMax) {
      throw new HubError(
        "ArgumentInvalid",
        `A status reason has at most ${statusReasonLengthMax} characters`,
      );
    }
    return reason;
  }
}

function checkCondition(device: Device, condition: EtagCondition): void {
  if (condition !== "any" && condition.etag !== device.etag)
    throw preconditionFailed(device.deviceId);
}

function deviceNotFound(deviceId: string): HubError {
  return new HubError("DeviceNotFound", `Device '${deviceId}' is not registered.`, { deviceId });
}

function preconditionFailed(deviceId: string): HubError {
  return new HubError("PreconditionFailed", `The ETag of device '${deviceId}' does not match.`, {
    deviceId,
  });
}
