import type { Twin, TwinStore } from "@larimar/domain";
import { createTwin } from "@larimar/domain";
import { describe, expect, it } from "vitest";

export function twinStoreContract(name: string, open: () => Promise<TwinStore>): void {
  const device = { deviceId: "d1" };
  const module = { deviceId: "d1", moduleId: "m1" };

  describe(`TwinStore contract: ${name}`, () => {
    it("gives back every section, whatever its keys", async () => {
      const twins = await open();
      const values = JSON.parse('{"__proto__":{"a":[1,null,"x"]},"ключ":1.5}') as Twin["tags"];
      const base = createTwin(device, 0, "dtmi:x;1");
      const configurations = { __x__: { status: "Applied" } } as const;
      const desired = { ...base.desired, values, version: 7 };
      const twin = { ...base, tags: values, desired, configurations };
      expect(await twins.put(twin, undefined)).toBe("written");
      const found = await twins.find(device);
      expect(found).toEqual(twin);
      expect(JSON.stringify(found?.tags)).toBe(JSON.stringify(values));
    });

    it("keeps the twins of a device and of its modules apart", async () => {
      const twins = await open();
      await twins.put(createTwin(device, 0), undefined);
      expect(await twins.find(module)).toBeUndefined();
      await twins.put(createTwin(module, 0), undefined);
      expect((await twins.find(module))?.key).toEqual(module);
    });

    it("writes only over the version that the writer has seen", async () => {
      const twins = await open();
      const twin = createTwin(device, 0);
      await twins.put(twin, undefined);
      expect(await twins.put(twin, undefined)).toBe("conflict");
      expect(await twins.put({ ...twin, version: 3 }, 2)).toBe("written");
      expect(await twins.put({ ...twin, version: 3 }, 2)).toBe("conflict");
    });

    it("deletes a device's twin with those of its modules", async () => {
      const twins = await open();
      await twins.put(createTwin(device, 0), undefined);
      await twins.put(createTwin(module, 0), undefined);
      await twins.delete(device);
      expect([await twins.find(device), await twins.find(module)]).toEqual([undefined, undefined]);
    });
  });
}
