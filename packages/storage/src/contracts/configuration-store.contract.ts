import type { Configuration, ConfigurationStore } from "@larimar/domain";
import { describe, expect, it } from "vitest";

/** `open` gives an empty store each time. */
export function configurationStoreContract(
  name: string,
  open: () => Promise<ConfigurationStore>,
): void {
  describe(`ConfigurationStore contract: ${name}`, () => {
    it("gives back what it was given, whatever its keys", async () => {
      const store = await open();
      const content = JSON.parse(
        '{"deviceContent":{"properties.desired":{"__proto__":1}}}',
      ) as Configuration["content"];
      const given = { ...configuration("c1", "a"), content, labels: { ключ: "“x”" } };
      expect(await store.put(given, undefined)).toBe("written");
      expect(await store.find("c1")).toEqual(given);
      expect(JSON.stringify((await store.find("c1"))?.content)).toBe(JSON.stringify(content));
    });

    it("writes only over the etag that the writer has seen", async () => {
      const store = await open();
      expect(await store.put(configuration("c1", "b"), "a")).toBe("conflict");
      await store.put(configuration("c1", "a"), undefined);
      expect(await store.put(configuration("c1", "b"), undefined)).toBe("conflict");
      expect(await store.put(configuration("c1", "b"), "other")).toBe("conflict");
      expect(await store.put(configuration("c1", "b"), "a")).toBe("written");
      expect((await store.find("c1"))?.etag).toBe("b");
    });

    it("lists in order of id", async () => {
      const store = await open();
      for (const id of ["b", "a", "10", "9"]) await store.put(configuration(id, id), undefined);
      expect((await store.list()).map(({ id }) => id)).toEqual(["10", "9", "a", "b"]);
    });

    it("retires unconditionally or under an etag, and says what it found", async () => {
      const store = await open();
      expect(await store.retire("c1", undefined)).toBe("missing");
      await store.put(configuration("c1", "a"), undefined);
      expect(await store.retire("c1", "b")).toBe("conflict");
      expect(await store.retire("c1", "a")).toBe("retired");
      expect(await store.retire("c1", "a")).toBe("missing");
      expect(await store.find("c1")).toBeUndefined();
      expect(await store.list()).toEqual([]);
    });

    it("keeps what is retired until it is told to forget it, beside others of the same id", async () => {
      const store = await open();
      for (const etag of ["a", "b", "c"]) {
        expect(await store.put(configuration("c1", etag), undefined)).toBe("written");
        if (etag !== "c") await store.retire("c1", undefined);
      }
      const retired = await store.listRetired();
      expect(retired.map(({ configuration: { etag } }) => etag)).toEqual(["a", "b"]);
      await store.forget([retired[0]!.key]);
      expect((await store.listRetired()).map(({ key }) => key)).toEqual([retired[1]!.key]);
      expect((await store.find("c1"))?.etag).toBe("c");
    });
  });
}

export function configuration(id: string, etag: string): Configuration {
  return {
    id,
    etag,
    schemaVersion: "1.0",
    labels: undefined,
    content: { deviceContent: { "properties.desired.fan": "on" } },
    targetCondition: "*",
    priority: 1,
    metricQueries: { all: "select deviceId from devices" },
    createdAtMs: 1,
    updatedAtMs: 2,
  };
}
