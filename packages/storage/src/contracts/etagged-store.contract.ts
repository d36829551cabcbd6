import { describe, expect, test } from "vitest";

interface EtaggedStore<T> {
  find(id: string): Promise<T | undefined>;
  put(value: T, expectedEtag: string | undefined): Promise<"written" | "conflict">;
}

interface DeletableStore<T> extends EtaggedStore<T> {
  delete(id: string, expectedEtag: string | undefined): Promise<"deleted" | "missing" | "conflict">;
}

/** What all stores of provisioning services promise. `open` gives an empty one each time. */
export function etaggedStoreContract<T extends { readonly etag: string }>(
  name: string,
  open: () => Promise<EtaggedStore<T>>,
  row: (id: string, etag: string) => T,
): void {
  describe(`${name}: compare-and-set`, () => {
    test("gives back exactly what was put, whatever the case of its id", async () => {
      const store = await open();
      await store.put(row("Dev-1", "a"), undefined);
      expect(await store.find("dEV-1")).toEqual(row("Dev-1", "a"));
      expect(await store.find("dev-2")).toBeUndefined();
    });

    test("refuses a second create of the same id in another case and keeps the first", async () => {
      const store = await open();
      expect(await store.put(row("dev-1", "a"), undefined)).toBe("written");
      expect(await store.put(row("DEV-1", "b"), undefined)).toBe("conflict");
      expect((await store.find("dev-1"))?.etag).toBe("a");
    });

    test("updates only what still has the expected etag", async () => {
      const store = await open();
      expect(await store.put(row("d", "b"), "a")).toBe("conflict");
      await store.put(row("d", "a"), undefined);
      expect(await store.put(row("d", "b"), "other")).toBe("conflict");
      expect(await store.put(row("d", "b"), "a")).toBe("written");
      expect(await store.put(row("d", "c"), "a")).toBe("conflict");
      expect((await store.find("d"))?.etag).toBe("b");
    });

    test("lets exactly one of many simultaneous updates through", async () => {
      const store = await open();
      await store.put(row("d", "a"), undefined);
      const attempts = ["b", "c", "d"].map((etag) => store.put(row("d", etag), "a"));
      expect((await Promise.all(attempts)).toSorted()).toEqual(["conflict", "conflict", "written"]);
    });
  });
}

export function deletableStoreContract<T extends { readonly etag: string }>(
  name: string,
  open: () => Promise<DeletableStore<T>>,
  row: (id: string, etag: string) => T,
): void {
  etaggedStoreContract(name, open, row);
  test(`${name}: deletes unconditionally or under an etag, and says what it found`, async () => {
    const store = await open();
    expect(await store.delete("d", undefined)).toBe("missing");
    await store.put(row("d", "a"), undefined);
    expect(await store.delete("D", "other")).toBe("conflict");
    expect(await store.delete("D", "a")).toBe("deleted");
    await store.put(row("d", "b"), undefined);
    expect(await store.delete("d", undefined)).toBe("deleted");
    expect(await store.find("d")).toBeUndefined();
  });
}
