import type { Secrets } from "../access/secrets.ts";
import type { Commands } from "../commands/commands.ts";
import type { IdentityKey } from "../devices/device.ts";
import type { DeviceRegistry } from "../devices/device-registry.ts";
import type { DeviceStore, PresenceStore } from "../devices/device-store.ts";
import type { ModuleRegistry } from "../devices/module-registry.ts";
import type { ModuleStore } from "../devices/module-store.ts";
import type { HubObserver, HubObservers } from "../hubs/hub-observer.ts";
import type { Limits } from "../limits/limits.ts";
import type { Queries } from "../query/queries.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Clock } from "../time/clock.ts";
import type { Twins } from "../twins/twins.ts";
import { ConfigurationMetrics } from "./configuration-metrics.ts";
import type { ConfigurationStore } from "./configuration-store.ts";
import { Configurations } from "./configurations.ts";
import { ContentApplication } from "./content-application.ts";
import type { ContentClaimStore } from "./content-claim-store.ts";
import { EDGE_AGENT } from "./edge-layers.ts";
import { EdgeRollout } from "./edge-rollout.ts";
import { FleetRollout } from "./fleet-rollout.ts";
import { Rollout } from "./rollout.ts";

export interface HubConfigurationsParts {
  readonly store: ConfigurationStore;
  readonly claims: ContentClaimStore;
  readonly deviceStore: DeviceStore;
  readonly moduleStore: ModuleStore;
  readonly presence: PresenceStore;
  readonly devices: DeviceRegistry;
  readonly modules: ModuleRegistry;
  readonly sessions: Sessions;
  readonly twins: Twins;
  readonly commands: Commands;
  readonly queries: Pick<Queries, "count" | "identities">;
  readonly observers: HubObservers;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly limits: Limits;
}

export function createHubConfigurations(parts: HubConfigurationsParts): Configurations {
  const { store, deviceStore, moduleStore, devices, modules, twins, claims, secrets, clock } =
    parts;
  const edge = new EdgeRollout({ twins, modules, moduleStore });
  const { presence, sessions, commands } = parts;
  const fleet = new FleetRollout({
    store,
    devices: deviceStore,
    modules: moduleStore,
    queries: parts.queries,
    clock,
    rollout: new Rollout({
      devices: deviceStore,
      modules: moduleStore,
      presence,
      sessions,
      twins,
      commands,
      edge,
    }),
  });
  parts.observers.add(observe(fleet));
  fleet.start();
  return new Configurations({
    store,
    fleet,
    metrics: new ConfigurationMetrics({ queries: parts.queries, clock }),
    application: new ContentApplication({
      devices,
      modules,
      moduleStore,
      twins,
      claims,
      secrets,
      clock,
    }),
    secrets,
    clock,
    limits: parts.limits,
  });
}

/** Whoever changes in a way that a condition can see is looked at again. */
function observe(fleet: FleetRollout): HubObserver {
  const lookAt = (key: IdentityKey): void => {
    const isConcerned =
      key.moduleId === undefined
        ? fleet.set.concerns("device", "edge")
        : fleet.set.concerns("module");
    if (isConcerned) fleet.one(key);
  };
  return {
    twinChanged({ twin, isSettlement, tags, desired }) {
      const isReport = tags === undefined && desired === undefined;
      const { set } = fleet;
      if (isSettlement || (isReport && !set.reads("properties.reported") && !set.reads("version")))
        return;
      lookAt(twin.key);
    },
    identityCreated(key) {
      lookAt(key);
      // An edge device is given its deployments when it has an agent that can be told.
      if (key.moduleId === EDGE_AGENT) lookAt({ deviceId: key.deviceId });
    },
    identityUpdated: lookAt,
    connectionChanged(key) {
      const { set } = fleet;
      if (set.reads("connectionState") || set.reads("lastActivityTime")) lookAt(key);
    },
  };
}
