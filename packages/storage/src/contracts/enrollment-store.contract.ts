import type { EnrollmentGroupStore, IndividualEnrollmentStore } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { deletableStoreContract } from "./etagged-store.contract.ts";
import { certificate, group, individual } from "../fixtures/provisioning-rows.fixture.ts";

const tpm = { type: "tpm", endorsementKey: "ZWs=", storageRootKey: undefined } as const;
const x509 = {
  type: "x509",
  kind: "signingCertificates",
  primary: certificate,
  secondary: undefined,
} as const;

/** `open` gives an empty store each time. */
export function individualEnrollmentStoreContract(
  name: string,
  open: () => Promise<IndividualEnrollmentStore>,
): void {
  describe(`IndividualEnrollmentStore contract: ${name}`, () => {
    deletableStoreContract(name, open, individual);

    test.each([
      ["a TPM", tpm],
      ["signing certificates", x509],
      ["an authority", { type: "x509", kind: "caReferences", primary: "ca", secondary: "b" }],
    ] as const)("gives back one that attests by %s", async (_, attestation) => {
      const store = await open();
      const given = individual("d", "a", { attestation });
      await store.put(given, undefined);
      expect(await store.find("d")).toEqual(given);
    });

    test("lists in order of id without case, page by page", async () => {
      const store = await open();
      for (const id of ["b", "C", "a", "D"]) await store.put(individual(id, id), undefined);
      const ids = async (page: { after?: string; limit: number }) =>
        (await store.list(page)).map((enrollment) => enrollment.id);
      expect(await ids({ limit: 3 })).toEqual(["a", "b", "C"]);
      expect(await ids({ after: "c", limit: 3 })).toEqual(["D"]);
      expect(await ids({ after: "D", limit: 3 })).toEqual([]);
    });

    test("counts all, and those of a type, as they come, change and go", async () => {
      const store = await open();
      const counts = async () => [
        await store.count(),
        await store.count("symmetricKey"),
        await store.count("tpm"),
      ];
      expect(await counts()).toEqual([0, 0, 0]);
      await store.put(individual("a", "1"), undefined);
      await store.put(individual("b", "1", { attestation: tpm }), undefined);
      expect(await counts()).toEqual([2, 1, 1]);
      await store.put(individual("a", "2", { attestation: tpm }), "1");
      await store.put(individual("a", "3", { attestation: tpm }), "1");
      expect(await counts()).toEqual([2, 0, 2]);
      await store.delete("b", undefined);
      await store.delete("b", undefined);
      expect(await counts()).toEqual([1, 0, 1]);
    });
  });
}

/** `open` gives an empty store each time. */
export function enrollmentGroupStoreContract(
  name: string,
  open: () => Promise<EnrollmentGroupStore>,
): void {
  describe(`EnrollmentGroupStore contract: ${name}`, () => {
    deletableStoreContract(name, open, group);

    test("lists those of one type, oldest first, and counts them", async () => {
      const store = await open();
      await store.put(group("b", "1"), undefined);
      await store.put(group("x", "1", { attestation: x509 }), undefined);
      await store.put(group("a", "1"), undefined);
      await store.put(group("b", "2"), "1");
      const ids = async (type: "symmetricKey" | "x509") =>
        (await store.listByType(type)).map(({ id }) => id);
      expect(await ids("symmetricKey")).toEqual(["b", "a"]);
      expect(await ids("x509")).toEqual(["x"]);
      expect([await store.count(), await store.count("x509")]).toEqual([3, 1]);
    });
  });
}
