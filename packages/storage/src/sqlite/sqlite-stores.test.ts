import { expect, test } from "vitest";
import { device, deviceStoreContract } from "../contracts/device-store.contract.ts";
import { hubSettingsStoreContract } from "../contracts/hub-settings-store.contract.ts";
import { meterStoreContract } from "../contracts/meter-store.contract.ts";
import { presenceStoreContract } from "../contracts/presence-store.contract.ts";
import { DeviceStatements, SqliteDeviceStore } from "./devices/sqlite-device-store.ts";
import { SqliteHubSettingsStore } from "./hubs/sqlite-hub-settings-store.ts";
import { MeterStatements, SqliteMeterStore } from "./hubs/sqlite-meter-store.ts";
import { ModuleStatements, SqliteModuleStore } from "./devices/sqlite-module-store.ts";
import { PresenceStatements, SqlitePresenceStore } from "./devices/sqlite-presence-store.ts";
import { hubOwner } from "./row-owner.ts";
import { StateDatabase } from "./state-database.ts";

const open = () => new StateDatabase(":memory:");

deviceStoreContract("sqlite", async () => devicesOf(open(), "hub"));
presenceStoreContract("sqlite", async () => {
  const state = open();
  return {
    presence: presenceOf(state, "hub"),
    devices: devicesOf(state, "hub"),
    modules: new SqliteModuleStore(new ModuleStatements(state), hubOwner(state, "hub")),
  };
});
hubSettingsStoreContract("sqlite", async () => new SqliteHubSettingsStore(open()));

meterStoreContract(async () => {
  const state = open();
  const statements = new MeterStatements(state);
  return {
    first: new SqliteMeterStore(statements, hubOwner(state, "first")),
    second: new SqliteMeterStore(statements, hubOwner(state, "second")),
    [Symbol.asyncDispose]: () => state[Symbol.asyncDispose](),
  };
});

test("hubs that share the database do not see each other's devices", async () => {
  await using state = open();
  const [one, other] = [devicesOf(state, "one"), devicesOf(state, "other")];
  await one.put(device("d1", "a"), undefined);
  expect(await other.find("d1")).toBeUndefined();
  expect(await other.list({ limit: 10 })).toEqual([]);
  expect(await other.count()).toEqual({ total: 0, enabled: 0 });
  expect(await other.put(device("d1", "b"), undefined)).toBe("written");
  await one.delete("d1", undefined);
  expect((await other.find("d1"))?.etag).toBe("b");
});

test("a device that is created anew was never seen", async () => {
  await using state = open();
  const [devices, presence] = [devicesOf(state, "hub"), presenceOf(state, "hub")];
  await devices.put(device("d1", "a"), undefined);
  const seen = { isConnected: true, connectionStateUpdatedAtMs: 1, lastActivityAtMs: 1 };
  await presence.save([{ key: { deviceId: "d1" }, presence: seen }]);
  await devices.delete("d1", undefined);
  await devices.put(device("d1", "b"), undefined);
  expect(await presence.find({ deviceId: "d1" })).toBeUndefined();
});

function devicesOf(state: StateDatabase, hub: string): SqliteDeviceStore {
  return new SqliteDeviceStore(new DeviceStatements(state), hubOwner(state, hub));
}

function presenceOf(state: StateDatabase, hub: string): SqlitePresenceStore {
  return new SqlitePresenceStore(new PresenceStatements(state), hubOwner(state, hub));
}
