import type { SubscriptionStore } from "@larimar/domain";
import { describe, expect, it } from "vitest";

export function subscriptionStoreContract(
  name: string,
  open: () => Promise<SubscriptionStore>,
): void {
  const device = { deviceId: "d1" };
  const module = { deviceId: "d1", moduleId: "m1" };

  describe(`SubscriptionStore contract: ${name}`, () => {
    it("tells an empty session from none", async () => {
      const store = await open();
      expect(await store.find(device)).toBeUndefined();
      await store.put(device, []);
      expect(await store.find(device)).toEqual([]);
    });

    it("remembers what was put last, for each identity", async () => {
      const store = await open();
      await store.put(device, [{ filter: "$iothub/twin/res/#", qos: 0 }]);
      await store.put(module, [{ filter: "a", qos: 1 }]);
      await store.put(device, [{ filter: "b", qos: 1 }]);
      expect(await store.find(device)).toEqual([{ filter: "b", qos: 1 }]);
      expect(await store.find(module)).toEqual([{ filter: "a", qos: 1 }]);
    });

    it("forgets what it is told to", async () => {
      const store = await open();
      await store.put(device, []);
      await store.delete(device);
      await store.delete(device);
      expect(await store.find(device)).toBeUndefined();
    });
  });
}
