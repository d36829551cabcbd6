import type { LinkedHubs, LinkedHubSettings } from "../hubs/linked-hub.ts";
import { answersTo } from "../hubs/linked-hub.ts";

/** Measurements closer together than this say nothing about which hub is nearer. */
const TIE_MS = 5;
/** A device moves away from its hub only for one that is clearly nearer, or fleets would wander for ever. */
const WORTH_MOVING_MS = 20;
const WORTH_MOVING_RATIO = 1.5;

export interface NearestHubs {
  /** The device's own hub, when it is near enough to stay. */
  readonly kept: LinkedHubSettings | undefined;
  readonly candidates: readonly LinkedHubSettings[];
}

/**
 * The hubs that answer this service soonest. A hub never heard of yet does not compete with one that answers,
 * and where nothing is known all are alike.
 */
export function nearestHubs(
  candidates: readonly LinkedHubSettings[],
  currentHub: string | undefined,
  hubs: LinkedHubs,
): NearestHubs {
  const measured = candidates.map((hub) => ({ hub, ms: hubs.connect(hub).latencyMs ?? Infinity }));
  const bestMs = Math.min(...measured.map(({ ms }) => ms));
  const current = measured.find(
    ({ hub }) => currentHub !== undefined && answersTo(hub, currentHub),
  );
  const stayMs = Math.max(bestMs + WORTH_MOVING_MS, bestMs * WORTH_MOVING_RATIO);
  return {
    kept: current !== undefined && current.ms <= stayMs ? current.hub : undefined,
    candidates: measured
      .filter(({ ms }) => ms === bestMs || ms <= bestMs + TIE_MS)
      .map(({ hub }) => hub),
  };
}
