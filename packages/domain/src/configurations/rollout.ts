import type { Commands } from "../commands/commands.ts";
import type { Device, IdentityKey } from "../devices/device.ts";
import type { DeviceStore, PresenceStore } from "../devices/device-store.ts";
import type { Module } from "../devices/module.ts";
import type { ModuleKey, ModuleStore } from "../devices/module-store.ts";
import type { JsonObject } from "../json/json-value.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { ConfigurationStatus, Twin } from "../twins/twin.ts";
import { PROPERTIES_LIMITS } from "../twins/twin-rules.ts";
import { twinDocument } from "../twins/twin-document.ts";
import type { TwinSettlement, Twins } from "../twins/twins.ts";
import type { ConfigurationSet, PreparedConfiguration } from "./configuration-set.ts";
import type { EdgeRollout } from "./edge-rollout.ts";
import { EDGE_AGENT } from "./edge-layers.ts";
import { planSettings } from "./plan-settings.ts";
import { patchBetween } from "./settings.ts";
import { isSameStatuses, statusesBeside } from "./twin-statuses.ts";

export interface RolloutParts {
  readonly devices: DeviceStore;
  readonly modules: ModuleStore;
  readonly presence: PresenceStore;
  readonly sessions: Sessions;
  readonly twins: Twins;
  readonly commands: Commands;
  readonly edge: EdgeRollout;
}

/**
 * `memberships` looks only at which configurations a twin is a target of, so that it leaves alone what others
 * write where a configuration has its settings; `everything` puts such settings back.
 */
export type RolloutDepth = "memberships" | "everything";

/** Gives one twin what the configurations want of it, and takes back what they want no more. */
export class Rollout {
  readonly #parts: RolloutParts;

  constructor(parts: RolloutParts) {
    this.#parts = parts;
  }

  /** The device's own twin and, on an edge device, what runs there. */
  async device(deviceId: string, set: ConfigurationSet, depth: RolloutDepth): Promise<void> {
    const device = await this.#parts.devices.find(deviceId);
    if (device !== undefined) await this.knownDevice(device, set, depth);
  }

  async knownDevice(device: Device, set: ConfigurationSet, depth: RolloutDepth): Promise<void> {
    const key = { deviceId: device.deviceId };
    const documentOf = await this.#documentsOf(key, device, undefined, set);
    if (set.concerns("device")) await this.#settle(key, "device", documentOf, set, depth);
    if (device.capabilities.iotEdge && set.concerns("edge")) {
      const document = documentOf(await this.#parts.twins.get(key));
      await this.#parts.edge.device(device.deviceId, set.matching("edge", document), set, depth);
    }
  }

  async module(key: ModuleKey, set: ConfigurationSet, depth: RolloutDepth): Promise<void> {
    if (!set.concerns("module")) return;
    const device = await this.#parts.devices.find(key.deviceId);
    const module = await this.#parts.modules.find(key);
    if (device === undefined || module === undefined) return;
    const documentOf = await this.#documentsOf(key, device, module, set);
    await this.#settle(key, "module", documentOf, set, depth);
  }

  async #settle(
    key: IdentityKey,
    kind: "device" | "module",
    documentOf: (twin: Twin) => JsonObject,
    set: ConfigurationSet,
    depth: RolloutDepth,
  ): Promise<void> {
    await this.#parts.twins.settle(key, (twin) =>
      settlementOf(twin, {
        matching: set.matching(kind, documentOf(twin)),
        isOwn: (id) => isOfKind(key, kind, set.known(id)),
        set,
        depth,
      }),
    );
  }

  /** What is seldom asked for is looked up only then. */
  async #documentsOf(
    key: IdentityKey,
    device: Device,
    module: Module | undefined,
    set: ConfigurationSet,
  ): Promise<(twin: Twin) => JsonObject> {
    const { sessions, presence, commands } = this.#parts;
    const readsPresence = set.reads("connectionState") || set.reads("lastActivityTime");
    const stored = readsPresence ? await presence.find(key) : undefined;
    const commandCount = set.reads("cloudToDeviceMessageCount") ? await commands.count(key) : 0;
    const owner = {
      ...device,
      ...(module !== undefined && {
        etag: module.etag,
        authentication: module.authentication,
        capabilities: undefined,
      }),
      presence: sessions.presenceOf(key, stored),
      commandCount,
    };
    return (twin) => twinDocument(twin, owner);
  }
}

interface Membership {
  /** In order of precedence. */
  readonly matching: readonly PreparedConfiguration[];
  /** Whether an entry of the twin is this rollout's to keep or to take away. */
  readonly isOwn: (id: string) => boolean;
  readonly set: ConfigurationSet;
  readonly depth: RolloutDepth;
}

function settlementOf(
  twin: Twin,
  { matching, isOwn, set, depth }: Membership,
): TwinSettlement | undefined {
  const own = Object.keys(twin.configurations).filter(isOwn);
  if (own.length === 0 && matching.length === 0) return undefined;
  const isSameMembership =
    own.length === matching.length &&
    matching.every(({ id }) => Object.hasOwn(twin.configurations, id) && !set.isInDoubt(id));
  if (depth === "memberships" && isSameMembership) return undefined;
  const plan = planSettings(twin.desired.values, {
    claims: matching,
    former: own
      .filter((id) => twin.configurations[id]?.status === "Applied")
      .flatMap((id) => set.known(id).flatMap(({ settings }) => settings)),
    sizeMax: PROPERTIES_LIMITS.sizeMax,
  });
  const statuses = matching.map(({ id }): [string, ConfigurationStatus] => [
    id,
    plan.applied.has(id) ? "Applied" : "Targeted",
  ]);
  const configurations = statusesBeside(twin.configurations, isOwn, statuses);
  const desired = patchBetween(twin.desired.values, plan.values);
  const isSettled = desired === undefined && isSameStatuses(twin.configurations, configurations);
  return isSettled ? undefined : { desired, configurations };
}

/** The agent's twin has entries of deployments beside those of configurations for modules. */
function isOfKind(
  key: IdentityKey,
  kind: "device" | "module",
  known: readonly PreparedConfiguration[],
): boolean {
  if (key.moduleId !== EDGE_AGENT) return true;
  return known.some((one) => one.kind === kind);
}
