import { describe, expect, test } from "vitest";
import {
  enrollmentGroupStoreContract,
  individualEnrollmentStoreContract,
} from "../../contracts/enrollment-store.contract.ts";
import {
  deletableStoreContract,
  etaggedStoreContract,
} from "../../contracts/etagged-store.contract.ts";
import {
  caCertificate,
  provisioningSettings,
  registration,
} from "../../fixtures/provisioning-rows.fixture.ts";
import { registrationStoreContract } from "../../contracts/registration-store.contract.ts";
import { hubOwner } from "../row-owner.ts";
import { StateDatabase } from "../state-database.ts";
import { DocumentStatements } from "./document-table.ts";
import {
  createProvisioningStorage,
  SqliteCaCertificateStore,
} from "./sqlite-provisioning-stores.ts";

const open = () => createProvisioningStorage(new StateDatabase(":memory:"));

individualEnrollmentStoreContract("sqlite", async () => open().forService("dps").individuals);
enrollmentGroupStoreContract("sqlite", async () => open().forService("dps").groups);
registrationStoreContract("sqlite", async () => open().forService("dps").registrations);

describe("CaCertificateStore contract: sqlite", () => {
  deletableStoreContract(
    "sqlite",
    async () => open().forService("dps").certificates,
    caCertificate,
  );
  deletableStoreContract(
    "sqlite, of a hub",
    async () => ofHub(new StateDatabase(":memory:"), "hub"),
    caCertificate,
  );

  test("keeps those of hubs apart from each other and from those of services", async () => {
    const state = new StateDatabase(":memory:");
    await ofHub(state, "One").put(caCertificate("ca", "a"), undefined);
    expect(await ofHub(state, "one").list()).toEqual([caCertificate("ca", "a")]);
    expect(await ofHub(state, "other").list()).toEqual([]);
    expect(await createProvisioningStorage(state).forService("one").certificates.list()).toEqual(
      [],
    );
  });

  function ofHub(state: StateDatabase, name: string): SqliteCaCertificateStore {
    const statements = new DocumentStatements(state, "hub_ca_certificates");
    return new SqliteCaCertificateStore(statements, hubOwner(state, name));
  }
});

describe("ProvisioningSettingsStore contract: sqlite", () => {
  etaggedStoreContract("sqlite", async () => open().settings, provisioningSettings);

  test("lists all services", async () => {
    const { settings } = open();
    for (const name of ["b", "a"]) await settings.put(provisioningSettings(name, name), undefined);
    expect((await settings.list()).map(({ name }) => name)).toEqual(["a", "b"]);
  });
});

test("services that share the database do not see each other's rows", async () => {
  const storage = open();
  const [one, other] = [storage.forService("one"), storage.forService("Other")];
  const removals = [{ hub: "hub.test", deviceId: "pump" }];
  await one.registrations.put(registration("d", "a", { removals }), undefined);
  await one.certificates.put(caCertificate("ca", "a"), undefined);
  expect(await other.registrations.find("d")).toBeUndefined();
  expect(await other.registrations.listWithRemovals(10)).toEqual([]);
  expect(await other.registrations.listOfGroup("group", { limit: 10 })).toEqual([]);
  expect(await other.registrations.count()).toBe(0);
  expect(await other.certificates.list()).toEqual([]);
  expect(await other.registrations.put(registration("d", "b"), undefined)).toBe("written");
  expect((await storage.forService("OTHER").registrations.find("d"))?.etag).toBe("b");
});
