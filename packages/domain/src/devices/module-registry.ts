import type { Secrets } from "../access/secrets.ts";
import { HubError } from "../errors/hub-error.ts";
import type { HubObservers } from "../hubs/hub-observer.ts";
import type { Limits } from "../limits/limits.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Clock } from "../time/clock.ts";
import { createTwin } from "../twins/twin.ts";
import type { TwinStore } from "../twins/twin-store.ts";
import type { IdentityKey, Presence } from "./device.ts";
import type { EtagCondition } from "./device-registry.ts";
import type { DeviceStore, PresenceStore } from "./device-store.ts";
import { createGenerationId } from "./generation-id.ts";
import type { AuthenticationInput } from "./identity-rules.ts";
import { checkId, isSameAuthentication, resolveAuthentication } from "./identity-rules.ts";
import type { Module } from "./module.ts";
import { SYSTEM_MODULES } from "./module.ts";
import type { ModuleKey, ModuleStore } from "./module-store.ts";

export interface ModuleRegistryParts {
  readonly store: ModuleStore;
  readonly devices: DeviceStore;
  readonly presence: PresenceStore;
  readonly sessions: Sessions;
  readonly twins: TwinStore;
  readonly observers: HubObservers;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly limits: Limits;
}

export interface ModuleInput {
  readonly deviceId: string;
  readonly moduleId: string;
  readonly authentication?: AuthenticationInput | undefined;
  readonly managedBy?: string | undefined;
}

export interface ModuleWithPresence {
  readonly module: Module;
  readonly presence: Presence;
}

/** The module identities of one hub. */
export class ModuleRegistry {
  readonly #parts: ModuleRegistryParts;

  constructor(parts: ModuleRegistryParts) {
    this.#parts = parts;
  }

  /** Throws `DeviceNotFound`, `ModuleAlreadyExists`, `TooManyModules`, `SystemModule`, `ArgumentInvalid`. */
  async create(input: ModuleInput): Promise<ModuleWithPresence> {
    checkId(input.deviceId, "device");
    checkId(input.moduleId, "module");
    checkNotSystem(input.moduleId);
    const { store, limits } = this.#parts;
    const siblings = await store.list(input.deviceId);
    if (siblings.length >= limits.modulesPerDeviceMax) {
      throw new HubError(
        "TooManyModules",
        `Device '${input.deviceId}' already has ${siblings.length} modules`,
        { deviceId: input.deviceId },
      );
    }
    return this.#withPresence(await this.#write(input));
  }

  /** The two modules an edge device owns; they exist afterwards, whether or not they did before. */
  async ensureSystemModules(deviceId: string): Promise<void> {
    for (const moduleId of SYSTEM_MODULES) {
      if ((await this.#parts.store.find({ deviceId, moduleId })) !== undefined) continue;
      // The edge runtime gives them their credentials. (protocol reference: edge 14)
      const authentication = { type: "none" } as const;
      await this.#write({ deviceId, moduleId, managedBy: "iotEdge", authentication });
    }
  }

  async removeSystemModules(deviceId: string): Promise<void> {
    for (const moduleId of SYSTEM_MODULES) {
      await this.#remove({ deviceId, moduleId }, undefined);
    }
  }

  /** Throws `ModuleNotFound`, `PreconditionFailed`, `ArgumentInvalid`. */
  async update(input: ModuleInput, condition: EtagCondition): Promise<ModuleWithPresence> {
    const { store, secrets } = this.#parts;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const current = await this.#require(input);
      if (condition !== "any" && condition.etag !== current.etag) throw preconditionFailed(input);
      const module: Module = {
        ...current,
        etag: secrets.createEtag(),
        authentication: resolveAuthentication(
          input.authentication,
          current.authentication,
          secrets,
        ),
        managedBy: input.managedBy ?? current.managedBy,
      };
      if ((await store.put(module, current.etag)) !== "written") continue;
      const key = { deviceId: input.deviceId, moduleId: input.moduleId };
      if (!isSameAuthentication(module.authentication, current.authentication)) {
        this.#parts.sessions.credentialsChanged(key);
      }
      this.#parts.observers.identityUpdated(key);
      return this.#withPresence(module);
    }
    throw new HubError("Busy", `Module '${input.moduleId}' changes too often`);
  }

  /** Throws `ModuleNotFound`, `PreconditionFailed`, `SystemModule`. */
  async delete(key: ModuleKey, condition: EtagCondition): Promise<void> {
    checkNotSystem(key.moduleId);
    const expectedEtag = condition === "any" ? undefined : condition.etag;
    const outcome = await this.#remove(key, expectedEtag);
    if (outcome === "missing") throw moduleNotFound(key);
    if (outcome === "conflict") throw preconditionFailed(key);
  }

  /** Throws `ModuleNotFound`. */
  async get(key: ModuleKey): Promise<ModuleWithPresence> {
    return this.#withPresence(await this.#require(key));
  }

  /** Throws `DeviceNotFound`. */
  async list(deviceId: string): Promise<readonly ModuleWithPresence[]> {
    if ((await this.#parts.devices.find(deviceId)) === undefined) throw deviceNotFound(deviceId);
    const modules = await this.#parts.store.list(deviceId);
    return Promise.all(modules.map((module) => this.#withPresence(module)));
  }

  async #remove(
    { deviceId, moduleId }: ModuleKey,
    expectedEtag: string | undefined,
  ): Promise<"deleted" | "missing" | "conflict"> {
    const { store, twins, sessions, observers } = this.#parts;
    const key = { deviceId, moduleId };
    const twin = await twins.find(key);
    const outcome = await store.delete(key, expectedEtag);
    if (outcome !== "deleted") return outcome;
    sessions.close(key, "identityDeleted");
    observers.identityDeleted(key, twin);
    return outcome;
  }

  async #write(input: ModuleInput): Promise<Module> {
    const { store, twins, secrets, clock } = this.#parts;
    const module: Module = {
      deviceId: input.deviceId,
      moduleId: input.moduleId,
      generationId: createGenerationId(clock.now(), secrets),
      etag: secrets.createEtag(),
      authentication: resolveAuthentication(input.authentication, undefined, secrets),
      managedBy: input.managedBy,
    };
    const key = { deviceId: input.deviceId, moduleId: input.moduleId };
    // In one turn, so that both are written or neither: who looks for twins finds every module.
    const [outcome] = await Promise.all([
      store.put(module, undefined),
      twins.put(createTwin(key, clock.now()), undefined),
    ]);
    if (outcome === "deviceMissing") {
      await twins.delete(key);
      throw deviceNotFound(input.deviceId);
    }
    if (outcome === "conflict") {
      throw new HubError(
        "ModuleAlreadyExists",
        `A module with ID '${input.moduleId}' is already registered on device '${input.deviceId}'.`,
        { deviceId: input.deviceId, moduleId: input.moduleId },
      );
    }
    this.#parts.observers.identityCreated({ deviceId: input.deviceId, moduleId: input.moduleId });
    return module;
  }

  async #require(key: ModuleKey): Promise<Module> {
    const module = await this.#parts.store.find(key);
    if (module === undefined) throw moduleNotFound(key);
    return module;
  }

  async #withPresence(module: Module): Promise<ModuleWithPresence> {
    const key: IdentityKey = { deviceId: module.deviceId, moduleId: module.moduleId };
    const stored = await this.#parts.presence.find(key);
    return { module, presence: this.#parts.sessions.presenceOf(key, stored) };
  }
}

/** Writers of one identity that keep overtaking each other give up after so many tries. */
const ATTEMPTS_MAX = 16;

function checkNotSystem(moduleId: string): void {
  if (!SYSTEM_MODULES.includes(moduleId)) return;
  throw new HubError("SystemModule", `'${moduleId}' belongs to the system`, { moduleId });
}

function moduleNotFound(key: ModuleKey): HubError {
  return new HubError(
    "ModuleNotFound",
    `Module '${key.moduleId}' is not registered on device '${key.deviceId}'.`,
    { deviceId: key.deviceId, moduleId: key.moduleId },
  );
}

function preconditionFailed(key: ModuleKey): HubError {
  return new HubError(
    "PreconditionFailed",
    `The ETag of module '${key.moduleId}' does not match.`,
    {
      deviceId: key.deviceId,
      moduleId: key.moduleId,
    },
  );
}

function deviceNotFound(deviceId: string): HubError {
  return new HubError("DeviceNotFound", `Device '${deviceId}' is not registered.`, { deviceId });
}
