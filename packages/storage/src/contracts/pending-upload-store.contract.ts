import type { PendingUpload, PendingUploadStore } from "@larimar/domain";
import { describe, expect, it } from "vitest";

/** `open` gives an empty store each time. */
export function pendingUploadStoreContract(
  name: string,
  open: () => Promise<PendingUploadStore>,
): void {
  const device = { deviceId: "d1" };
  const module = { deviceId: "d1", moduleId: "m1" };
  const upload = (correlationId: string, overrides: Partial<PendingUpload> = {}) => ({
    correlationId,
    key: device,
    blobName: "d1/file.txt",
    startedAtMs: 0,
    expiresAtMs: 100,
    ...overrides,
  });
  const options = { activeMax: 2, nowMs: 0 };

  describe(`PendingUploadStore contract: ${name}`, () => {
    it("gives back what it was given, to the identity it belongs to", async () => {
      const store = await open();
      expect(await store.add(upload("a"), options)).toBe("added");
      expect(await store.find(device, "a")).toEqual(upload("a"));
      expect(await store.find(module, "a")).toBeUndefined();
      expect(await store.find(device, "b")).toBeUndefined();
    });

    it("refuses one more than may be active, for each identity", async () => {
      const store = await open();
      await store.add(upload("a"), options);
      await store.add(upload("b"), options);
      expect(await store.add(upload("c"), options)).toBe("full");
      expect(await store.find(device, "c")).toBeUndefined();
      expect(await store.add(upload("c", { key: module }), options)).toBe("added");
    });

    it("does not count what has expired or was removed", async () => {
      const store = await open();
      await store.add(upload("a"), options);
      await store.add(upload("b", { expiresAtMs: 200 }), options);
      expect(await store.add(upload("c"), { ...options, nowMs: 99 })).toBe("full");
      expect(await store.add(upload("c", { expiresAtMs: 300 }), { ...options, nowMs: 100 })).toBe(
        "added",
      );
      expect(await store.remove(device, "b")).toBe(true);
      expect(await store.remove(device, "b")).toBe(false);
      expect(await store.add(upload("d"), { ...options, nowMs: 100 })).toBe("added");
    });

    it("forgets what expired by a time, and nothing else", async () => {
      const store = await open();
      await store.add(upload("a"), options);
      await store.add(upload("b", { expiresAtMs: 101 }), options);
      await store.removeExpired(100);
      expect(await store.find(device, "a")).toBeUndefined();
      expect(await store.find(device, "b")).toBeDefined();
    });
  });
}
