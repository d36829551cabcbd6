import type { CommandStore, NewCommand } from "@larimar/domain";
import { messageProperties } from "@larimar/domain";
import { describe, expect, it } from "vitest";

const key = { deviceId: "d1" };

export function commandStoreContract(name: string, open: () => Promise<CommandStore>): void {
  describe(`CommandStore contract: ${name}`, () => {
    it("gives back a command as it was, and in order", async () => {
      const store = await open();
      await store.enqueue(command("a"), 50);
      await store.enqueue(command("b"), 50);
      const [a, b] = await lock(store);
      expect(a).toMatchObject({ ...command("a"), deliveryCount: 0, lockedUntilMs: 60 });
      expect(new Map(a?.message.properties.application)).toEqual(new Map([["k", "v"]]));
      expect(Buffer.from(b!.message.body).toString()).toBe("b");
      expect(b!.sequenceNumber).toBeGreaterThan(a!.sequenceNumber);
    });

    it("takes no more than the queue may hold, locked commands included", async () => {
      const store = await open();
      await store.enqueue(command("a"), 2);
      await store.enqueue(command("b"), 2);
      await lock(store);
      expect(await store.enqueue(command("c"), 2)).toBe("full");
      expect(await store.enqueue({ ...command("c"), key: { deviceId: "d2" } }, 2)).not.toBe("full");
    });

    it("hands a locked command to nobody else until the lock runs out", async () => {
      const store = await open();
      await store.enqueue(command("a"), 50);
      const [held] = await lock(store);
      expect(await lock(store, 59)).toEqual([]);
      expect(await store.settle(key, held!.lockToken, 60)).toBeUndefined();
      const [again] = await lock(store, 60);
      expect(again?.lockToken).not.toBe(held?.lockToken);
      expect(await store.settle(key, again!.lockToken, 61)).toMatchObject(command("a"));
      expect(await store.count(key)).toBe(0);
    });

    it("counts only the deliveries it is told to, and removes what had too many", async () => {
      const store = await open();
      await store.enqueue(command("a"), 50);
      const release = async (countsDelivery: boolean) => {
        const [held] = await lock(store);
        const options = { nowMs: 1, countsDelivery, deliveryCountMax: 2 };
        const outcome = await store.release(key, held!.lockToken, options);
        return [outcome?.command.deliveryCount, outcome?.isRemoved];
      };
      expect(await release(false)).toEqual([0, false]);
      expect(await release(true)).toEqual([1, false]);
      expect(await release(true)).toEqual([2, true]);
      expect(await store.count(key)).toBe(0);
    });

    it("removes what has expired and is not held, of one identity or of all", async () => {
      const store = await open();
      await store.enqueue({ ...command("a"), expiresAtMs: 10 }, 50);
      await store.enqueue({ ...command("b"), key: { deviceId: "d2" }, expiresAtMs: 10 }, 50);
      await store.enqueue(command("c"), 50);
      expect(await store.removeExpired({ nowMs: 9, limit: 10 })).toEqual([]);
      expect(await store.removeExpired({ key, nowMs: 10, limit: 10 })).toHaveLength(1);
      expect(await store.removeExpired({ nowMs: 10, limit: 10 })).toHaveLength(1);
      expect(await store.count(key)).toBe(1);
    });

    it("empties one queue and leaves the others", async () => {
      const store = await open();
      await store.enqueue(command("a"), 50);
      await store.enqueue({ ...command("b"), key: { deviceId: "d1", moduleId: "m" } }, 50);
      expect(await store.removeAll(key)).toHaveLength(1);
      expect(await store.count({ deviceId: "d1", moduleId: "m" })).toBe(1);
    });
  });
}

let tokens = 0;

function lock(store: CommandStore, nowMs = 0) {
  const createLockToken = () => `token-${++tokens}`;
  return store.lock({ key, limit: 10, nowMs, lockedUntilMs: nowMs + 60, createLockToken });
}

function command(body: string): NewCommand {
  const properties = messageProperties({ messageId: body }, new Map([["k", "v"]]));
  const message = { properties, body: Buffer.from(body) };
  return { key, message, ack: "full", enqueuedAtMs: 0, expiresAtMs: 1000 };
}
