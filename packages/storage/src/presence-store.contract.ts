import type { Presence, PresenceStore } from "@larimar/domain";
import { describe, expect, test } from "vitest";

/** `open` gives an empty store each time. */
export function presenceStoreContract(name: string, open: () => Promise<PresenceStore>): void {
  describe(`PresenceStore contract: ${name}`, () => {
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
      const store = await open();
      const entries = Array.from({ length: 2345 }, (_, index) => ({
        key: { deviceId: `d${index}` },
        presence: presence(true, index),
      }));
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
