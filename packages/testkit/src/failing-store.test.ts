import { expect, test } from "vitest";
import { createFailingStore } from "./failing-store.ts";

/** Keeps its state where only its own methods reach it, as real stores do. */
class Counter {
  #count = 0;

  async add(by: number): Promise<number> {
    this.#count += by;
    return this.#count;
  }

  async read(): Promise<number> {
    return this.#count;
  }
}

test("a failing store rejects what it is told to, and is its old self once healed", async () => {
  const { store, failOn, heal } = createFailingStore(new Counter());
  expect(await store.add(1)).toBe(1);
  const full = new Error("disk full");
  failOn("add", full);
  await expect(store.add(1)).rejects.toBe(full);
  expect(await store.read()).toBe(1);
  heal();
  expect(await store.add(1)).toBe(2);
});
