import { expect, test } from "vitest";
import {
  configuration,
  configurationStoreContract,
} from "../../contracts/configuration-store.contract.ts";
import { ConfigurationStatements, SqliteConfigurationStore } from "./sqlite-configuration-store.ts";
import { hubOwner } from "../row-owner.ts";
import { StateDatabase } from "../state-database.ts";

configurationStoreContract("sqlite", async () => open(new StateDatabase(":memory:"), "hub"));

test("hubs that share the database do not see each other's configurations", async () => {
  await using state = new StateDatabase(":memory:");
  const [one, other] = [open(state, "one"), open(state, "other")];
  await one.put(configuration("c1", "a"), undefined);
  await other.put(configuration("c1", "b"), undefined);
  await other.retire("c1", undefined);
  const [retired] = await other.listRetired();
  await one.forget([retired!.key]);
  expect(await other.listRetired()).toHaveLength(1);
  expect((await one.find("c1"))?.etag).toBe("a");
});

function open(state: StateDatabase, hub: string): SqliteConfigurationStore {
  return new SqliteConfigurationStore(new ConfigurationStatements(state), hubOwner(state, hub));
}
