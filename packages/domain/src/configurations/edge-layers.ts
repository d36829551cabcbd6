import type { JsonObject } from "../json/json-value.ts";
import { isJsonObject, member } from "../json/json-value.ts";
import type { Claim } from "./plan-settings.ts";
import { settingsOf } from "./settings.ts";

export const EDGE_AGENT = "$edgeAgent";
export const EDGE_HUB = "$edgeHub";

/** A deployment for edge devices: the content of each module's twin. */
export interface Deployment {
  readonly id: string;
  readonly modulesContent: JsonObject;
}

export interface EdgePlan {
  /** By the id of the module, in order of precedence; empty when there is nothing to stand on. */
  readonly claims: ReadonlyMap<string, readonly Claim[]>;
  readonly applied: ReadonlySet<string>;
}

/** A deployment that says all of what the agent is to do; others are layers on top of one. */
export function isBase(modulesContent: JsonObject): boolean {
  return Object.hasOwn(agentContent(modulesContent), "properties.desired");
}

/**
 * Which of the deployments for an edge device are in force, the first of them having precedence: the first
 * base, and the layers before it. Layers after it are below it, and without a base there is nothing to be
 * on top of. A layer that says nothing to the agent is never more than targeted, though its settings are
 * in force. (protocol reference: edge 8.3)
 */
export function planDeployments(deployments: readonly Deployment[]): EdgePlan {
  const baseAt = deployments.findIndex(({ modulesContent }) => isBase(modulesContent));
  const inForce = deployments.slice(0, baseAt + 1);
  const claims = new Map<string, Claim[]>();
  for (const { id, modulesContent } of inForce) {
    for (const [moduleId, content] of Object.entries(modulesContent)) {
      if (!isJsonObject(content)) continue;
      const ofModule = claims.get(moduleId) ?? [];
      ofModule.push({ id, settings: settingsOf(content) });
      claims.set(moduleId, ofModule);
    }
  }
  const applied = inForce.filter(
    ({ modulesContent }) => Object.keys(agentContent(modulesContent)).length > 0,
  );
  return { claims, applied: new Set(applied.map(({ id }) => id)) };
}

function agentContent(modulesContent: JsonObject): JsonObject {
  const agent = member(modulesContent, EDGE_AGENT);
  return isJsonObject(agent) ? agent : {};
}
