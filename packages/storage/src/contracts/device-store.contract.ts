import type { Device, DeviceStore } from "@larimar/domain";
import { describe, expect, test } from "vitest";

/** `open` gives an empty store each time. */
export function deviceStoreContract(name: string, open: () => Promise<DeviceStore>): void {
  describe(`DeviceStore contract: ${name}`, () => {
    test.each([
      ["keys", { type: "sas", primaryKey: "cHJpbWFyeQ==", secondaryKey: "c2Vjb25kYXJ5" }],
      ["thumbprints", thumbprints("A".repeat(40), "B".repeat(40))],
      ["one thumbprint", thumbprints("A".repeat(40), undefined)],
      ["a certificate authority", { type: "certificateAuthority" }],
      ["nothing", { type: "none" }],
    ] as const)("gives back a device that authenticates with %s", async (_, authentication) => {
      const store = await open();
      const given: Device = {
        ...device("d1", "a"),
        statusReason: "naïve “reason”",
        authentication,
      };
      await store.put(given, undefined);
      expect(await store.find("d1")).toEqual(given);
    });

    test("tells ids apart by case and by characters that other languages give a meaning", async () => {
      const store = await open();
      for (const id of ["d1", "D1", "d%", "d_", "d'", "d?"]) {
        expect(await store.put(device(id, id), undefined)).toBe("written");
      }
      expect((await store.find("D1"))?.etag).toBe("D1");
      expect((await store.find("d%"))?.etag).toBe("d%");
      expect(await store.find("d")).toBeUndefined();
    });

    test("refuses a second create of the same id and keeps the first", async () => {
      const store = await open();
      expect(await store.put(device("d1", "a"), undefined)).toBe("written");
      expect(await store.put(device("d1", "b"), undefined)).toBe("conflict");
      expect((await store.find("d1"))?.etag).toBe("a");
    });

    test("updates only what still has the expected etag", async () => {
      const store = await open();
      expect(await store.put(device("d1", "b"), "a")).toBe("conflict");
      await store.put(device("d1", "a"), undefined);
      expect(await store.put(device("d1", "b"), "other")).toBe("conflict");
      expect(await store.put(device("d1", "b"), "a")).toBe("written");
      expect(await store.put(device("d1", "c"), "a")).toBe("conflict");
      expect((await store.find("d1"))?.etag).toBe("b");
    });

    test("lets exactly one of many simultaneous updates through", async () => {
      const store = await open();
      await store.put(device("d1", "a"), undefined);
      const attempts = ["b", "c", "d"].map((etag) => store.put(device("d1", etag), "a"));
      expect((await Promise.all(attempts)).toSorted()).toEqual(["conflict", "conflict", "written"]);
    });

    test("deletes unconditionally or under an etag, and says what it found", async () => {
      const store = await open();
      expect(await store.delete("d1", undefined)).toBe("missing");
      expect(await store.delete("d1", "a")).toBe("missing");
      await store.put(device("d1", "a"), undefined);
      expect(await store.delete("d1", "b")).toBe("conflict");
      expect(await store.delete("d1", "a")).toBe("deleted");
      expect(await store.find("d1")).toBeUndefined();
      await store.put(device("d1", "b"), undefined);
      expect(await store.delete("d1", undefined)).toBe("deleted");
    });

    test("lists in order of id, page by page", async () => {
      const store = await open();
      for (const id of ["b", "a", "C", "d", "10", "9"]) await store.put(device(id, id), undefined);
      const first = await store.list({ limit: 4 });
      expect(first.map(({ deviceId }) => deviceId)).toEqual(["10", "9", "C", "a"]);
      const second = await store.list({ after: "a", limit: 4 });
      expect(second.map(({ deviceId }) => deviceId)).toEqual(["b", "d"]);
      expect(await store.list({ after: "d", limit: 4 })).toEqual([]);
    });

    test("finds the devices below a scope, in order of id", async () => {
      const store = await open();
      const child = (deviceId: string): Device => ({
        ...device(deviceId, deviceId),
        deviceScope: "edge-1",
        parentScopes: ["edge-1"],
      });
      for (const id of ["c", "a", "b"]) await store.put(child(id), undefined);
      await store.put({ ...device("edge", "a"), deviceScope: "edge-1" }, undefined);
      await store.put(device("stranger", "a"), undefined);
      const found = await store.children("edge-1", 2);
      expect(found).toEqual([child("a"), child("b")]);
      expect(await store.children("edge-2", 2)).toEqual([]);
      await store.put({ ...child("a"), parentScopes: [] }, "a");
      expect((await store.children("edge-1", 5)).map(({ deviceId }) => deviceId)).toEqual([
        "b",
        "c",
      ]);
    });

    test("counts all devices and the enabled ones", async () => {
      const store = await open();
      expect(await store.count()).toEqual({ total: 0, enabled: 0 });
      await store.put(device("d1", "a"), undefined);
      await store.put(device("d2", "a", "disabled"), undefined);
      await store.put(device("d3", "a"), undefined);
      expect(await store.count()).toEqual({ total: 3, enabled: 2 });
      await store.put(device("d1", "b", "disabled"), "a");
      await store.put(device("d2", "b"), "a");
      await store.put(device("d2", "c"), "b");
      await store.put(device("d2", "d"), "stale");
      await store.put(device("d2", "d"), undefined);
      expect(await store.count()).toEqual({ total: 3, enabled: 2 });
      await store.delete("d1", undefined);
      await store.delete("d3", undefined);
      await store.delete("d3", undefined);
      expect(await store.count()).toEqual({ total: 1, enabled: 1 });
    });
  });
}

export function device(
  deviceId: string,
  etag: string,
  status: Device["status"] = "enabled",
): Device {
  return {
    deviceId,
    generationId: "637000000000000000",
    etag,
    status,
    statusReason: undefined,
    statusUpdatedAtMs: 0,
    authentication: { type: "sas", primaryKey: "cHJpbWFyeQ==", secondaryKey: "c2Vjb25kYXJ5" },
    capabilities: { iotEdge: false },
    deviceScope: undefined,
    parentScopes: [],
  };
}

function thumbprints(primary: string | undefined, secondary: string | undefined) {
  return {
    type: "selfSigned",
    primaryThumbprint: primary,
    secondaryThumbprint: secondary,
  } as const;
}
