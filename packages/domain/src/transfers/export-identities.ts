import type { DeviceStore } from "../devices/device-store.ts";
import type { ModuleStore } from "../devices/module-store.ts";
import type { TwinStore } from "../twins/twin-store.ts";
import type { LineOptions, TransferFormat } from "./transfer-format.ts";
import { LINE_END } from "./text-lines.ts";

export interface ExportParts {
  readonly devices: DeviceStore;
  readonly modules: ModuleStore;
  readonly twins: TwinStore;
  readonly format: TransferFormat;
}

/** Devices read at once. */
const DEVICES_PER_CHUNK = 100;
/** Every device, its modules behind it, with their twins. */
export async function* exportIdentities(
  { devices, modules, twins, format }: ExportParts,
  options: LineOptions,
  onProgress: (devicesDone: number) => void,
): AsyncGenerator<string> {
  let done = 0;
  for (let after: string | undefined; ;) {
    const page = { limit: DEVICES_PER_CHUNK, ...(after === undefined ? {} : { after }) };
    const found = await devices.list(page);
    if (found.length === 0) return;
    let text = "";
    for (const device of found) {
      const twin = await twins.find({ deviceId: device.deviceId });
      text += format.device(device, twin, options) + LINE_END;
      for (const module of await modules.list(device.deviceId)) {
        text += format.module(module, await twins.find(keyOf(module)), options) + LINE_END;
      }
    }
    yield text;
    done += found.length;
    onProgress(done);
    after = found.at(-1)?.deviceId;
  }
}

function keyOf({ deviceId, moduleId }: { deviceId: string; moduleId: string }) {
  return { deviceId, moduleId };
}
