import { MemoryContentClaimStore, MemoryTwinStore } from "@larimar/domain/fixtures";
import { expect, test } from "vitest";
import { claim, contentClaimStoreContract } from "../../contracts/content-claim-store.contract.ts";
import { hubOwner } from "../row-owner.ts";
import { StateDatabase } from "../state-database.ts";
import { SqliteTwinStore, TwinStatements } from "../twins/sqlite-twin-store.ts";
import { ContentClaimStatements, SqliteContentClaimStore } from "./sqlite-content-claim-store.ts";

// What the tests of rules stand on has to keep the same promises.
contentClaimStoreContract("memory", async () => {
  const twins = new MemoryTwinStore();
  return { twins, claims: new MemoryContentClaimStore(twins) };
});
contentClaimStoreContract("sqlite", async () => open(new StateDatabase(":memory:"), "hub"));

test("hubs that share the database do not see each other's claims", async () => {
  await using state = new StateDatabase(":memory:");
  const [one, other] = [open(state, "one"), open(state, "other")];
  expect(await one.claims.take(claim("a"), 0)).toBe("taken");
  expect(await other.claims.take(claim("a"), 0)).toBe("taken");
  await other.claims.release(claim("a"));
  expect(await one.claims.take(claim("b"), 0)).toBe("held");
});

test("claims of servers that were killed do not stay for ever", async () => {
  await using state = new StateDatabase(":memory:");
  const { claims } = open(state, "hub");
  await claims.take(claim("a", { deviceId: "d1" }), 0);
  await claims.take(claim("b", { deviceId: "d2" }), 100);
  const rows = state.connection.prepare("SELECT device_id FROM content_claims").pluck().all();
  expect(rows).toEqual(["d2"]);
});

function open(state: StateDatabase, hubName: string) {
  const hub = hubOwner(state, hubName);
  const twins = new SqliteTwinStore(new TwinStatements(state), hub);
  const claims = new SqliteContentClaimStore(new ContentClaimStatements(state), twins, hub);
  return { claims, twins };
}
