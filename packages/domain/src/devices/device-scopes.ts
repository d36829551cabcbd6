import type { Secrets } from "../access/secrets.ts";
import { HubError } from "../errors/hub-error.ts";
import type { HubObservers } from "../hubs/hub-observer.ts";
import type { Limits } from "../limits/limits.ts";
import type { Device } from "./device.ts";
import type { DeviceStore } from "./device-store.ts";
import { ownScope, scopeOwnerId } from "./device-scope.ts";

export interface DeviceScopesParts {
  readonly store: DeviceStore;
  readonly observers: HubObservers;
  readonly secrets: Secrets;
  readonly limits: Limits;
}

/** What a client says about a device's place below others; absent members keep what is there. */
export interface ScopeInput {
  readonly deviceScope?: string | undefined;
  readonly parentScopes?: readonly string[] | undefined;
}

type Place = Pick<Device, "deviceScope" | "parentScopes">;
type Bearer = Pick<Device, "deviceId" | "generationId" | "capabilities">;

/** Children of a parent that goes are let go of in so many rounds at most, a page each. */
const RELEASE_ROUNDS_MAX = 1000;
const RELEASE_PAGE = 100;

/** Which devices are below which: leaves and edge devices below edge devices, never in a circle. */
export class DeviceScopes {
  readonly #parts: DeviceScopesParts;

  constructor(parts: DeviceScopesParts) {
    this.#parts = parts;
  }

  /** Throws `DeviceScopeInvalid`. */
  async place(input: ScopeInput, bearer: Bearer, current: Device | undefined): Promise<Place> {
    const known = current?.parentScopes[0];
    const parent = wantedParent(input, bearer, known);
    // What was there already is not judged again: clients send back all of what they read.
    if (parent !== undefined && parent !== known) await this.#checkParent(parent, bearer, current);
    return {
      deviceScope: bearer.capabilities.iotEdge ? ownScope(bearer) : parent,
      parentScopes: parent === undefined ? [] : [parent],
    };
  }

  /** The edge device of this scope is one no longer: its children have no parent any more. */
  async release(scope: string): Promise<void> {
    const { store, secrets, observers } = this.#parts;
    for (let round = 0; round < RELEASE_ROUNDS_MAX; round++) {
      const children = await store.children(scope, RELEASE_PAGE);
      if (children.length === 0) return;
      for (const child of children) {
        const { iotEdge } = child.capabilities;
        const orphan: Device = {
          ...child,
          etag: secrets.createEtag(),
          deviceScope: iotEdge ? child.deviceScope : undefined,
          parentScopes: [],
        };
        // Somebody else was faster: the next round finds the child again.
        if ((await store.put(orphan, child.etag)) === "conflict") continue;
        observers.identityUpdated({ deviceId: child.deviceId });
      }
    }
  }

  async #checkParent(scope: string, bearer: Bearer, current: Device | undefined): Promise<void> {
    const { store, limits } = this.#parts;
    const { deviceId } = bearer;
    const parent = await this.#ownerOf(scope);
    if (parent === undefined) throw invalid(deviceId, "names a scope that no edge device has");
    const siblings = await store.children(scope, limits.childrenPerParentMax);
    if (siblings.length >= limits.childrenPerParentMax) {
      throw invalid(deviceId, `would be one child too many of '${parent.deviceId}'`);
    }
    if (!bearer.capabilities.iotEdge) return;
    const levelsMax = limits.nestedEdgeDevicesMax;
    const levelsAbove = await this.#levelsAbove(parent, deviceId);
    const levelsBelow =
      current?.deviceScope === undefined || !current.capabilities.iotEdge
        ? 1
        : await this.#levelsBelow(current.deviceScope, levelsMax - levelsAbove);
    if (levelsAbove + levelsBelow > levelsMax) {
      throw invalid(deviceId, `would be part of more than ${levelsMax} levels of edge devices`);
    }
  }

  async #ownerOf(scope: string): Promise<Device | undefined> {
    const ownerId = scopeOwnerId(scope);
    const owner = ownerId === undefined ? undefined : await this.#parts.store.find(ownerId);
    return owner?.capabilities.iotEdge === true && owner.deviceScope === scope ? owner : undefined;
  }

  /** The parent and all above it; throws when the device itself is among them. */
  async #levelsAbove(parent: Device, deviceId: string): Promise<number> {
    const levelsMax = this.#parts.limits.nestedEdgeDevicesMax;
    let levels = 0;
    for (let above: Device | undefined = parent; above !== undefined; levels++) {
      if (above.deviceId === deviceId) throw invalid(deviceId, "would be below itself");
      const scope: string | undefined = above.parentScopes[0];
      above = scope === undefined || levels > levelsMax ? undefined : await this.#ownerOf(scope);
    }
    return levels;
  }

  /** The device of this scope and the edge devices below it; looks one level beyond the limit. */
  async #levelsBelow(scope: string, levelsMax: number): Promise<number> {
    if (levelsMax <= 0) return 1;
    let levels = 1;
    const children = await this.#parts.store.children(
      scope,
      this.#parts.limits.childrenPerParentMax,
    );
    for (const { capabilities, deviceScope } of children) {
      if (!capabilities.iotEdge || deviceScope === undefined) continue;
      levels = Math.max(levels, 1 + (await this.#levelsBelow(deviceScope, levelsMax - 1)));
      if (levels > levelsMax) break;
    }
    return levels;
  }
}

/**
 * Clients send whole identities, so that the member they did not mean is stale: a leaf goes by its
 * `deviceScope`, an edge device by `parentScopes`.
 */
function wantedParent(
  { deviceScope, parentScopes }: ScopeInput,
  bearer: Bearer,
  known: string | undefined,
): string | undefined {
  const { deviceId, capabilities } = bearer;
  const parents = parentScopes?.filter((scope) => scope !== "");
  if (parents !== undefined && parents.length > 1) throw invalid(deviceId, "has one parent only");
  const byParents = parents === undefined ? known : parents[0];
  if (capabilities.iotEdge) return byParents;
  // An edge device that becomes a leaf comes with what was its own.
  const isOwn = deviceScope === ownScope(bearer);
  return deviceScope === undefined || isOwn ? byParents : deviceScope || undefined;
}

function invalid(deviceId: string, problem: string): HubError {
  return new HubError("DeviceScopeInvalid", `Device '${deviceId}' ${problem}.`, { deviceId });
}
