import type { ModuleRegistry } from "../devices/module-registry.ts";
import type { ModuleStore } from "../devices/module-store.ts";
import { HubError } from "../errors/hub-error.ts";
import type { ConfigurationStatus, Twin } from "../twins/twin.ts";
import { PROPERTIES_LIMITS } from "../twins/twin-rules.ts";
import type { Twins } from "../twins/twins.ts";
import type { ConfigurationSet, PreparedConfiguration } from "./configuration-set.ts";
import { EDGE_AGENT, planDeployments } from "./edge-layers.ts";
import type { Claim } from "./plan-settings.ts";
import { planSettings } from "./plan-settings.ts";
import type { RolloutDepth } from "./rollout.ts";
import type { Setting } from "./settings.ts";
import { patchBetween, settingsOf } from "./settings.ts";
import { isJsonObject, member } from "../json/json-value.ts";
import { isSameStatuses, statusesBeside } from "./twin-statuses.ts";

export interface EdgeRolloutParts {
  readonly twins: Twins;
  readonly modules: ModuleRegistry;
  readonly moduleStore: ModuleStore;
}

/**
 * Gives the modules of an edge device what its deployments want. What the deployments are to the device is
 * said in the twin of its agent, which is written last. Without a base nothing is taken back: the agent would
 * stop all that runs.
 */
export class EdgeRollout {
  readonly #parts: EdgeRolloutParts;

  constructor(parts: EdgeRolloutParts) {
    this.#parts = parts;
  }

  /** The deployments are in order of precedence. */
  async device(
    deviceId: string,
    deployments: readonly PreparedConfiguration[],
    set: ConfigurationSet,
    depth: RolloutDepth,
  ): Promise<void> {
    const agent = { deviceId, moduleId: EDGE_AGENT };
    // Both come and go with the capability; this device's are on their way.
    if ((await this.#parts.moduleStore.find(agent)) === undefined) return;
    const isOwn = (id: string): boolean => {
      const known = set.known(id);
      return known.length === 0 || known.some(({ kind }) => kind === "edge");
    };
    const { configurations } = await this.#parts.twins.get(agent);
    const own = Object.keys(configurations).filter(isOwn);
    const isSameMembership =
      own.length === deployments.length &&
      deployments.every(({ id }) => Object.hasOwn(configurations, id) && !set.isInDoubt(id));
    if (depth === "memberships" && isSameMembership) return;
    const former = own
      .filter((id) => configurations[id]?.status === "Applied")
      .flatMap((id) => set.known(id));
    const { claims, applied } = planDeployments(deployments);
    const statuses = deployments.map(({ id }): [string, ConfigurationStatus] => [
      id,
      applied.has(id) ? "Applied" : "Targeted",
    ]);
    const hasRoom = await this.#settleModules(deviceId, claims, former);
    await this.#parts.twins.settle(agent, (twin) => {
      const said = hasRoom ? statuses : statuses.map(([id]) => [id, "Targeted"] as const);
      const next = statusesBeside(twin.configurations, isOwn, said);
      const agentClaims = hasRoom ? (claims.get(EDGE_AGENT) ?? []) : [];
      const desired = changeOf(twin, agentClaims, formerSettings(former, EDGE_AGENT))?.patch;
      const isSettled = desired === undefined && isSameStatuses(twin.configurations, next);
      return isSettled ? undefined : { desired, configurations: next };
    });
  }

  /** False when they do not all fit into the twins; those that do not stay as they are. */
  async #settleModules(
    deviceId: string,
    claims: ReadonlyMap<string, readonly Claim[]>,
    former: readonly PreparedConfiguration[],
  ): Promise<boolean> {
    const { twins, moduleStore, modules } = this.#parts;
    let hasRoom = true;
    for (const [moduleId, wanted] of claims) {
      const key = { deviceId, moduleId };
      if ((await moduleStore.find(key)) === undefined) {
        if (!(await createModule(modules, key))) return false;
      }
      const settings = formerSettings(former, moduleId);
      const isAgent = moduleId === EDGE_AGENT;
      if (isAgent) {
        hasRoom &&= changeOf(await twins.get(key), wanted, settings)?.isWhole ?? true;
        continue;
      }
      await twins.settle(key, (twin) => {
        const change = changeOf(twin, wanted, settings);
        hasRoom &&= change?.isWhole ?? true;
        if (change?.patch === undefined || !change.isWhole) return undefined;
        return { desired: change.patch, configurations: twin.configurations };
      });
    }
    return hasRoom;
  }
}

/** Undefined when nobody wants anything of the twin: then it stays as it is. */
function changeOf(twin: Twin, claims: readonly Claim[], former: readonly Setting[]) {
  if (claims.length === 0) return undefined;
  const { sizeMax } = PROPERTIES_LIMITS;
  const { values, isWhole } = planSettings(twin.desired.values, { claims, former, sizeMax });
  return { patch: patchBetween(twin.desired.values, values), isWhole };
}

function formerSettings(
  former: readonly PreparedConfiguration[],
  moduleId: string,
): readonly Setting[] {
  return former.flatMap(({ modulesContent }) => {
    const content = member(modulesContent, moduleId);
    return isJsonObject(content) ? settingsOf(content) : [];
  });
}

/** The agent gives it its credentials. False when there is no room for it. */
async function createModule(
  modules: ModuleRegistry,
  key: { readonly deviceId: string; readonly moduleId: string },
): Promise<boolean> {
  try {
    await modules.create({ ...key, managedBy: "iotEdge", authentication: { type: "none" } });
    return true;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    if (error.code === "ModuleAlreadyExists") return true;
    if (error.code === "TooManyModules" || error.code === "SystemModule") return false;
    throw error;
  }
}
