import type { NotificationStore } from "@larimar/domain";
import { describe, expect, it } from "vitest";

type Store = NotificationStore<{ n: number }>;

export function notificationStoreContract(name: string, open: () => Promise<Store>): void {
  const times = { nowMs: 0, expiresAtMs: 1000 };
  const request = (lockToken: string, nowMs = 0) => ({
    limit: 2,
    nowMs,
    lockedUntilMs: nowMs + 60,
    lockToken,
  });

  describe(`NotificationStore contract: ${name}`, () => {
    it("hands out the oldest records together and keeps them from others meanwhile", async () => {
      const store = await open();
      await store.add([{ n: 1 }, { n: 2 }, { n: 3 }], times);
      expect(await store.lock(request("a"))).toMatchObject({ records: [{ n: 1 }, { n: 2 }] });
      expect(await store.waiting(0)).toEqual({ count: 1, oldestEnqueuedAtMs: 0 });
      expect(await store.lock(request("b"))).toMatchObject({ records: [{ n: 3 }] });
      expect(await store.lock(request("c"))).toBeUndefined();
    });

    it("forgets what is settled in time", async () => {
      const store = await open();
      await store.add([{ n: 1 }], times);
      await store.lock(request("a"));
      expect(await store.settle("a", 60)).toBe(false);
      await store.lock(request("b", 60));
      expect(await store.settle("b", 61)).toBe(true);
      expect(await store.waiting(61)).toMatchObject({ count: 0 });
    });

    it("drops what was given back too often, and what nobody took in time", async () => {
      const store = await open();
      await store.add([{ n: 1 }], times);
      for (const token of ["a", "b"]) {
        await store.lock(request(token));
        expect(await store.release(token, { nowMs: 1, deliveryCountMax: 2 })).toBe(true);
      }
      expect(await store.waiting(1)).toMatchObject({ count: 0 });
      await store.add([{ n: 2 }], times);
      await store.removeExpired(1000);
      expect(await store.waiting(1)).toMatchObject({ count: 0 });
    });
  });
}
