import type { RegistrationStore } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { deletableStoreContract } from "./etagged-store.contract.ts";
import { certificate, registration } from "../fixtures/provisioning-rows.fixture.ts";

/** `open` gives an empty store each time. */
export function registrationStoreContract(
  name: string,
  open: () => Promise<RegistrationStore>,
): void {
  describe(`RegistrationStore contract: ${name}`, () => {
    deletableStoreContract(name, open, registration);

    test("gives back one with nothing that may be missing", async () => {
      const store = await open();
      const given = registration("d", "a", {
        enrollmentGroupId: undefined,
        attestation: { type: "x509", certificate, signer: undefined },
        assignment: undefined,
        failure: undefined,
        payload: undefined,
        operations: [],
        claim: undefined,
      });
      await store.put(given, undefined);
      expect(await store.find("d")).toEqual(given);
    });

    test("lists those of one group, without case, page by page", async () => {
      const store = await open();
      for (const id of ["b", "A", "c"]) await store.put(registration(id, id), undefined);
      const alone = registration("0", "0", { enrollmentGroupId: undefined });
      const other = registration("1", "1", { enrollmentGroupId: "other" });
      for (const row of [alone, other]) await store.put(row, undefined);
      const ids = async (groupId: string, page: { after?: string; limit: number }) =>
        (await store.listOfGroup(groupId, page)).map((row) => row.registrationId);
      expect(await ids("gROUP", { limit: 2 })).toEqual(["A", "b"]);
      expect(await ids("group", { after: "B", limit: 2 })).toEqual(["c"]);
      expect(await ids("other", { limit: 2 })).toEqual(["1"]);
      expect(await ids("none", { limit: 2 })).toEqual([]);
    });

    test("finds those with something left to remove, until it is removed", async () => {
      const store = await open();
      const removals = [{ hub: "hub.test", deviceId: "pump" }];
      await store.put(registration("a", "1"), undefined);
      await store.put(registration("b", "1", { removals }), undefined);
      await store.put(registration("c", "1", { removals }), undefined);
      const ids = async (limit: number) =>
        (await store.listWithRemovals(limit)).map((row) => row.registrationId);
      expect(await ids(10)).toEqual(["b", "c"]);
      expect(await ids(1)).toEqual(["b"]);
      await store.put(registration("b", "2"), "1");
      expect(await ids(10)).toEqual(["c"]);
    });

    test("counts what is there", async () => {
      const store = await open();
      expect(await store.count()).toBe(0);
      await store.put(registration("a", "1"), undefined);
      await store.put(registration("b", "1"), undefined);
      await store.put(registration("b", "2"), "1");
      await store.delete("a", undefined);
      expect(await store.count()).toBe(1);
    });
  });
}
