import type { MeterStore } from "@larimar/domain";
import { describe, expect, test } from "vitest";

export function meterStoreContract(
  open: () => Promise<{ first: MeterStore; second: MeterStore } & AsyncDisposable>,
): void {
  describe("meters", () => {
    test("begin with nothing", async () => {
      await using stores = await open();
      expect(await stores.first.load()).toBeUndefined();
    });

    test("keep the last reading of each hub", async () => {
      await using stores = await open();
      await stores.first.save({ day: 1, charged: 10 });
      await stores.first.save({ day: 2, charged: 5 });
      await stores.second.save({ day: 2, charged: 7 });
      expect(await stores.first.load()).toEqual({ day: 2, charged: 5 });
      expect(await stores.second.load()).toEqual({ day: 2, charged: 7 });
    });
  });
}
