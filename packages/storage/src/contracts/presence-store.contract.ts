import type { DeviceStore, ModuleStore, Presence, PresenceStore } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { device } from "./device-store.contract.ts";
import { module } from "./module-store.contract.ts";

export interface PresenceStores {
  readonly presence: PresenceStore;
  readonly devices: DeviceStore;
  readonly modules: ModuleStore;
}

/** `openStores` gives empty stores each time. */
export function presenceStoreContract(
  name: string,
  openStores: () => Promise<PresenceStores>,
): void {
  /** With a device and a module of it. */
  const open = async (): Promise<PresenceStore> => {
    const { presence: store, devices, modules } = await openStores();
    await devices.put(device("d1", "a"), undefined);
    await modules.put(module("m1", "a"), undefined);
    return store;
  };

  describe(`PresenceStore contract: ${name}`, () => {
    test("keeps nothing of an identity that is gone", async () => {
      const { presence: store, devices } = await openStores();
      await devices.put(device("d1", "a"), undefined);
      await devices.delete("d1", undefined);
      const entries = [{ deviceId: "d1" }, { deviceId: "d1", moduleId: "m1" }].map((key) => ({
        key,
        presence: presence(true, 1),
      }));
      await store.save(entries);
      await devices.put(device("d1", "b"), undefined);
      for (const { key } of entries) expect(await store.find(key)).toBeUndefined();
    });

    test("knows nothing of an identity that was never seen", async () => {
      const store = await open();
      expect(await store.find({ deviceId: "d1" })).toBeUndefined();
    });

    test("gives back the latest presence of an identity", async () => {
      const store = await open();
      await store.save([{ key: { deviceId: "d1" }, presence: presence(true, 1) }]);
      await store.save([{ key: { deviceId: "d1" }, presence: presence(false, 1_700_000_000_123) }]);
      expect(await store.find({ deviceId: "d1" })).toEqual(presence(false, 1_700_000_000_123));
    });

    test("keeps a device and its modules apart", async () => {
      const store = await open();
      await store.save([
        { key: { deviceId: "d1" }, presence: presence(true, 1) },
        { key: { deviceId: "d1", moduleId: "m1" }, presence: presence(false, 2) },
      ]);
      expect(await store.find({ deviceId: "d1", moduleId: undefined })).toEqual(presence(true, 1));
      expect(await store.find({ deviceId: "d1", moduleId: "m1" })).toEqual(presence(false, 2));
      expect(await store.find({ deviceId: "d1", moduleId: "m2" })).toBeUndefined();
    });

    test("takes a storm of connections at once", async () => {
      const { presence: store, devices } = await openStores();
      const entries = Array.from({ length: 2345 }, (_, index) => ({
        key: { deviceId: `d${index}` },
        presence: presence(true, index),
      }));
      await Promise.all(
        entries.map(({ key }) => devices.put(device(key.deviceId, "a"), undefined)),
      );
      await store.save(entries);
      await store.save([]);
      const found = await Promise.all(entries.map(({ key }) => store.find(key)));
      expect(found).toEqual(entries.map((entry) => entry.presence));
    });
  });
}

function presence(isConnected: boolean, atMs: number): Presence {
  return { isConnected, connectionStateUpdatedAtMs: atMs, lastActivityAtMs: atMs + 1 };
}
