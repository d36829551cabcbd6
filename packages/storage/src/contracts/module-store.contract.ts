import type { DeviceStore, Module, ModuleStore } from "@larimar/domain";
import { describe, expect, it } from "vitest";
import { device } from "./device-store.contract.ts";

export interface ModuleStoreSubject {
  readonly devices: DeviceStore;
  readonly modules: ModuleStore;
}

export function moduleStoreContract(name: string, open: () => Promise<ModuleStoreSubject>): void {
  const openWithDevice = async (): Promise<ModuleStore> => {
    const { devices, modules } = await open();
    await devices.put(device("d1", "device"), undefined);
    return modules;
  };

  describe(`ModuleStore contract: ${name}`, () => {
    it("gives back what it was given", async () => {
      const modules = await openWithDevice();
      expect(await modules.put(module("m1", "a"), undefined)).toBe("written");
      expect(await modules.find({ deviceId: "d1", moduleId: "m1" })).toEqual(module("m1", "a"));
    });

    it("refuses a second create, a stale update and a module without its device", async () => {
      const modules = await openWithDevice();
      await modules.put(module("m1", "a"), undefined);
      expect(await modules.put(module("m1", "b"), undefined)).toBe("conflict");
      expect(await modules.put(module("m1", "b"), "stale")).toBe("conflict");
      expect(await modules.put(module("m1", "b"), "a")).toBe("written");
      const orphan = { ...module("m1", "a"), deviceId: "nobody" };
      expect(await modules.put(orphan, undefined)).toBe("deviceMissing");
    });

    it("deletes under a condition, and says what it found", async () => {
      const modules = await openWithDevice();
      const key = { deviceId: "d1", moduleId: "m1" };
      expect(await modules.delete(key, undefined)).toBe("missing");
      await modules.put(module("m1", "a"), undefined);
      expect(await modules.delete(key, "b")).toBe("conflict");
      expect(await modules.delete(key, "a")).toBe("deleted");
    });

    it("lists the modules of one device in order", async () => {
      const modules = await openWithDevice();
      for (const id of ["b", "a", "c"]) await modules.put(module(id, id), undefined);
      expect((await modules.list("d1")).map((found) => found.moduleId)).toEqual(["a", "b", "c"]);
      expect(await modules.list("d2")).toEqual([]);
    });

    it("loses the modules of a device that is deleted", async () => {
      const { devices, modules } = await open();
      await devices.put(device("d1", "device"), undefined);
      await modules.put(module("m1", "a"), undefined);
      await devices.delete("d1", undefined);
      expect(await modules.list("d1")).toEqual([]);
    });
  });
}

export function module(moduleId: string, etag: string): Module {
  const authentication = { type: "sas", primaryKey: "p", secondaryKey: "s" } as const;
  return {
    deviceId: "d1",
    moduleId,
    generationId: "7",
    etag,
    authentication,
    managedBy: "iotEdge",
  };
}
