import type { IdentityKey } from "../devices/device.ts";
import type { DeviceStore } from "../devices/device-store.ts";
import type { ModuleStore } from "../devices/module-store.ts";
import { HubError } from "../errors/hub-error.ts";
import type { JobTarget } from "./job.ts";
import type { JobTargets } from "./job-targets.ts";

const PAGE = 500;
const ONE_ID = /^\s*(?:devices\.)?(deviceId|moduleId)\s*=\s*'([^']*)'\s*$/i;
const SOME_IDS = /^\s*(?:devices\.)?(deviceId|moduleId)\s+IN\s*\[([^\]]*)\]\s*$/i;

/** Conditions that name identities, and no others. */
export class TargetsById implements JobTargets {
  readonly #devices: DeviceStore;
  readonly #modules: ModuleStore;

  constructor(devices: DeviceStore, modules: ModuleStore) {
    this.#devices = devices;
    this.#modules = modules;
  }

  check({ condition }: JobTarget): void {
    parse(condition);
  }

  async *identities({ collection, condition }: JobTarget): AsyncGenerator<readonly IdentityKey[]> {
    const isMeant = parse(condition);
    for (let after: string | undefined; ;) {
      const page = { limit: PAGE, ...(after === undefined ? {} : { after }) };
      const devices = await this.#devices.list(page);
      if (devices.length === 0) return;
      after = devices.at(-1)?.deviceId;
      const keys: IdentityKey[] = [];
      for (const { deviceId } of devices) {
        if (collection === "devices") keys.push({ deviceId });
        else {
          const modules = await this.#modules.list(deviceId);
          keys.push(...modules.map(({ moduleId }) => ({ deviceId, moduleId })));
        }
      }
      yield keys.filter(isMeant);
    }
  }
}

function parse(condition: string | undefined): (key: IdentityKey) => boolean {
  if (condition === undefined) return () => true;
  const [, name, one] = ONE_ID.exec(condition) ?? [];
  if (name !== undefined) return (key) => idOf(key, name) === one;
  const [, listName, list = ""] = SOME_IDS.exec(condition) ?? [];
  if (listName === undefined) {
    throw new HubError("ArgumentInvalid", `The condition '${condition}' is not understood`);
  }
  const ids = new Set([...list.matchAll(/'([^']*)'/g)].map(([, id]) => id));
  return (key) => ids.has(idOf(key, listName));
}

function idOf({ deviceId, moduleId = "" }: IdentityKey, name: string): string {
  return name.toLowerCase() === "deviceid" ? deviceId : moduleId;
}
