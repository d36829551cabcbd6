import type { Secrets } from "../access/secrets.ts";
import type { Device } from "../devices/device.ts";
import type { DeviceRegistry } from "../devices/device-registry.ts";
import type { ModuleRegistry } from "../devices/module-registry.ts";
import type { ModuleStore } from "../devices/module-store.ts";
import { HubError } from "../errors/hub-error.ts";
import type { JsonObject } from "../json/json-value.ts";
import { isJsonObject, member } from "../json/json-value.ts";
import type { Clock } from "../time/clock.ts";
import type { Twin } from "../twins/twin.ts";
import type { TwinSettlement, Twins, TwinWriter } from "../twins/twins.ts";
import { readContent } from "./configuration-rules.ts";
import type { ContentClaimStore } from "./content-claim-store.ts";
import { EDGE_AGENT, EDGE_HUB } from "./edge-layers.ts";
import { patchBetween, setAt, settingsOf } from "./settings.ts";

export interface ContentApplicationParts {
  readonly devices: DeviceRegistry;
  readonly modules: ModuleRegistry;
  readonly moduleStore: ModuleStore;
  readonly twins: Twins;
  readonly claims: ContentClaimStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

/** Each twin that is written begins it anew; whoever was killed keeps others from the device for so long. */
export const CONTENT_CLAIM_MS = 60_000;

/** Gives one device the content of a configuration, once and without one. */
export class ContentApplication {
  readonly #parts: ContentApplicationParts;

  constructor(parts: ContentApplicationParts) {
    this.#parts = parts;
  }

  /**
   * All is judged before anything is written. Throws `ConfigurationBeingApplied` while there is another one for
   * the device: two at once would leave a mixture.
   */
  async apply(deviceId: string, given: JsonObject): Promise<void> {
    const { claims, secrets, clock, devices } = this.#parts;
    const { device } = await devices.get(deviceId);
    const { deviceContent, modulesContent } = judge(device, given);
    const holder = secrets.createUuid();
    const claimNow = () => ({ deviceId, holder, expiresAtMs: clock.now() + CONTENT_CLAIM_MS });
    if ((await claims.take(claimNow(), clock.now())) === "held") throw beingApplied(deviceId);
    const writer: TwinWriter = {
      put: async (twin, expectedVersion) => {
        const outcome = await claims.putTwin(claimNow(), { twin, expectedVersion });
        if (outcome === "lost") throw beingApplied(deviceId);
        return outcome;
      },
    };
    try {
      if (deviceContent !== undefined) await this.#settle({ deviceId }, deviceContent, writer);
      if (modulesContent !== undefined) {
        await this.#applyToModules(deviceId, modulesContent, writer);
      }
    } finally {
      // What was done is done; a claim that cannot be released runs out by itself.
      await claims.release({ deviceId, holder }).catch(() => undefined);
    }
  }

  /** The agent, which acts on it, is told last. */
  async #applyToModules(
    deviceId: string,
    modulesContent: JsonObject,
    writer: TwinWriter,
  ): Promise<void> {
    const moduleIds = Object.keys(modulesContent).toSorted(agentLast);
    for (const moduleId of moduleIds) await this.#ensure(deviceId, moduleId);
    for (const moduleId of moduleIds) {
      const content = member(modulesContent, moduleId);
      if (isJsonObject(content)) await this.#settle({ deviceId, moduleId }, content, writer);
    }
  }

  async #ensure(deviceId: string, moduleId: string): Promise<void> {
    const { moduleStore, modules } = this.#parts;
    if ((await moduleStore.find({ deviceId, moduleId })) !== undefined) return;
    const authentication = { type: "none" } as const;
    try {
      await modules.create({ deviceId, moduleId, managedBy: "iotEdge", authentication });
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== "ModuleAlreadyExists") throw error;
    }
  }

  async #settle(
    key: { readonly deviceId: string; readonly moduleId?: string },
    content: JsonObject,
    writer: TwinWriter,
  ): Promise<void> {
    const settings = settingsOf(content);
    const decide = (twin: Twin): TwinSettlement | undefined => {
      const values = settings.reduce(setAt, twin.desired.values);
      const desired = patchBetween(twin.desired.values, values);
      return desired && { desired, configurations: twin.configurations };
    };
    await this.#parts.twins.settle(key, decide, writer);
  }
}

interface JudgedContent {
  readonly deviceContent: JsonObject | undefined;
  readonly modulesContent: JsonObject | undefined;
}

function judge(device: Device, given: JsonObject): JudgedContent {
  const { kind, content } = readContent(given);
  if (kind === "module") {
    throw invalid("What is applied to one device has deviceContent or modulesContent");
  }
  const [deviceContent, modulesContent] = ["deviceContent", "modulesContent"].map((name) => {
    const part = member(content, name);
    return isJsonObject(part) ? part : undefined;
  });
  if (modulesContent !== undefined) checkSystemModules(device, modulesContent);
  return { deviceContent, modulesContent };
}

function checkSystemModules({ deviceId, capabilities }: Device, content: JsonObject): void {
  for (const moduleId of [EDGE_AGENT, EDGE_HUB]) {
    const isThere = Object.hasOwn(content, moduleId);
    if (capabilities.iotEdge && !isThere) throw invalid(`An edge device needs ${moduleId}`);
    if (!capabilities.iotEdge && isThere) throw invalid(`'${deviceId}' is no edge device`);
  }
}

function agentLast(a: string, b: string): number {
  return Number(a === EDGE_AGENT) - Number(b === EDGE_AGENT);
}

function beingApplied(deviceId: string): HubError {
  return new HubError(
    "ConfigurationBeingApplied",
    `A configuration is being applied to device '${deviceId}' already.`,
    { deviceId },
  );
}

function invalid(message: string): HubError {
  return new HubError("ConfigurationInvalid", message);
}
