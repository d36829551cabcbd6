import type { Device, JsonObject, Twin } from "@larimar/domain";
import { createTwin } from "@larimar/domain";
import { openStorage } from "@larimar/storage";

/** So many are written in one turn of the event loop, and become one transaction. */
const DEVICES_PER_WRITE = 2000;
const CHANGED_AT_MS = Date.UTC(2030, 0, 1);

export interface SeedTwinsOptions {
  /** The data directory of a server that is not running. */
  readonly directory: string;
  readonly hubName: string;
  readonly devices: number;
  readonly onProgress?: (written: number) => void;
}

/** Devices with twins of some 800 bytes, past all protocols: for tests and benchmarks that need very many. */
export async function seedTwins(options: SeedTwinsOptions): Promise<void> {
  const { directory, hubName, devices, onProgress } = options;
  await using storage = await openStorage({ directory });
  const stores = storage.forHub(hubName);
  for (let from = 0; from < devices; from += DEVICES_PER_WRITE) {
    const count = Math.min(DEVICES_PER_WRITE, devices - from);
    const written = Array.from({ length: count }, (_, offset) => {
      const device = deviceOf(from + offset);
      const twin = twinOf(device.deviceId, from + offset);
      return [stores.devices.put(device, undefined), stores.twins.put(twin, undefined)];
    });
    await Promise.all(written.flat());
    onProgress?.(from + count);
  }
}

function deviceOf(index: number): Device {
  return {
    deviceId: `seeded-${String(index).padStart(7, "0")}`,
    generationId: String(638_000_000_000_000_000n + BigInt(index)),
    etag: `etag${index}`,
    status: index % 50 === 0 ? "disabled" : "enabled",
    statusReason: undefined,
    statusUpdatedAtMs: 0,
    authentication: { type: "sas", primaryKey: "A".repeat(44), secondaryKey: "B".repeat(44) },
    capabilities: { iotEdge: false },
    deviceScope: undefined,
    parentScopes: [],
  };
}

function twinOf(deviceId: string, index: number): Twin {
  const reported: JsonObject = {
    firmware: `1.${index % 4}.${index % 3}`,
    battery: index % 101,
    network: { type: index % 3 === 0 ? "lte" : "wifi", strength: -(index % 90) },
    temperature: 20 + (index % 100) / 10,
    serial: `SN${index}`,
    hours: index,
  };
  const desired: JsonObject = { interval: 60 + (index % 5), limits: { temperature: 70 } };
  const twin = createTwin({ deviceId }, CHANGED_AT_MS);
  return {
    ...twin,
    tags: {
      site: `site-${index % 20}`,
      building: { floor: index % 7 },
      customer: `c${index % 1000}`,
      lot: `lot-${Math.floor(index / 10)}`,
    },
    desired: {
      values: desired,
      metadata: metadataOf(desired, { $lastUpdatedVersion: 2 }),
      version: 2,
    },
    reported: { values: reported, metadata: metadataOf(reported, {}), version: 2 },
  };
}

function metadataOf(values: JsonObject, more: JsonObject): JsonObject {
  const own = { $lastUpdated: new Date(CHANGED_AT_MS).toISOString(), ...more };
  const members = Object.entries(values).map(
    ([key, value]) =>
      [key, typeof value === "object" ? metadataOf(value as JsonObject, more) : own] as const,
  );
  return { ...own, ...Object.fromEntries(members) };
}
