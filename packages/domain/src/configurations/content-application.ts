import type { Device } from "../devices/device.ts";
import type { DeviceRegistry } from "../devices/device-registry.ts";
import type { ModuleRegistry } from "../devices/module-registry.ts";
import type { ModuleStore } from "../devices/module-store.ts";
import { HubError } from "../errors/hub-error.ts";
import type { JsonObject } from "../json/json-value.ts";
import { isJsonObject, member } from "../json/json-value.ts";
import type { Twin } from "../twins/twin.ts";
import type { TwinSettlement, Twins } from "../twins/twins.ts";
import { readContent } from "./configuration-rules.ts";
import { EDGE_AGENT, EDGE_HUB } from "./edge-layers.ts";
import { patchBetween, setAt, settingsOf } from "./settings.ts";

export interface ContentApplicationParts {
  readonly devices: DeviceRegistry;
  readonly modules: ModuleRegistry;
  readonly moduleStore: ModuleStore;
  readonly twins: Twins;
}

/** Gives one device the content of a configuration, once and without one. */
export class ContentApplication {
  readonly #parts: ContentApplicationParts;
  /** Devices that content is being applied to: two at once would leave a mixture. */
  readonly #underWay = new Set<string>();

  constructor(parts: ContentApplicationParts) {
    this.#parts = parts;
  }

  /** Throws `ConfigurationBeingApplied` while there is another one for the device. */
  async apply(deviceId: string, given: JsonObject): Promise<void> {
    if (this.#underWay.has(deviceId)) {
      throw new HubError(
        "ConfigurationBeingApplied",
        `A configuration is being applied to device '${deviceId}' already.`,
        { deviceId },
      );
    }
    this.#underWay.add(deviceId);
    try {
      await this.#apply(deviceId, given);
    } finally {
      this.#underWay.delete(deviceId);
    }
  }

  /** All is judged before anything is written; the agent, which acts on it, is told last. */
  async #apply(deviceId: string, given: JsonObject): Promise<void> {
    const { device } = await this.#parts.devices.get(deviceId);
    const { kind, content } = readContent(given);
    if (kind === "module") {
      throw invalid("What is applied to one device has deviceContent or modulesContent");
    }
    const deviceContent = member(content, "deviceContent");
    if (isJsonObject(deviceContent)) await this.#settle({ deviceId }, deviceContent);
    const modulesContent = member(content, "modulesContent");
    if (isJsonObject(modulesContent)) await this.#applyToModules(device, modulesContent);
  }

  async #applyToModules(device: Device, modulesContent: JsonObject): Promise<void> {
    checkSystemModules(device, modulesContent);
    const { deviceId } = device;
    const moduleIds = Object.keys(modulesContent).toSorted(agentLast);
    for (const moduleId of moduleIds) await this.#ensure(deviceId, moduleId);
    for (const moduleId of moduleIds) {
      const content = member(modulesContent, moduleId);
      if (isJsonObject(content)) await this.#settle({ deviceId, moduleId }, content);
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
  ): Promise<void> {
    const settings = settingsOf(content);
    await this.#parts.twins.settle(key, (twin: Twin): TwinSettlement | undefined => {
      const values = settings.reduce(setAt, twin.desired.values);
      const desired = patchBetween(twin.desired.values, values);
      return desired && { desired, configurations: twin.configurations };
    });
  }
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

function invalid(message: string): HubError {
  return new HubError("ConfigurationInvalid", message);
}
