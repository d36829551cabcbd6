import { commandStoreContract } from "../../contracts/command-store.contract.ts";
import { moduleStoreContract } from "../../contracts/module-store.contract.ts";
import { notificationStoreContract } from "../../contracts/notification-store.contract.ts";
import { subscriptionStoreContract } from "../../contracts/subscription-store.contract.ts";
import { twinStoreContract } from "../../contracts/twin-store.contract.ts";
import { CommandStatements, SqliteCommandStore } from "../commands/sqlite-command-store.ts";
import { DeviceStatements, SqliteDeviceStore } from "./sqlite-device-store.ts";
import { ModuleStatements, SqliteModuleStore } from "./sqlite-module-store.ts";
import {
  NotificationStatements,
  SqliteNotificationStore,
} from "../commands/sqlite-notification-store.ts";
import { SqliteSubscriptionStore, SubscriptionStatements } from "./sqlite-subscription-store.ts";
import { SqliteTwinStore, TwinStatements } from "../twins/sqlite-twin-store.ts";
import { hubOwner } from "../row-owner.ts";
import { StateDatabase } from "../state-database.ts";

const open = () => new StateDatabase(":memory:");

moduleStoreContract("sqlite", async () => {
  const state = open();
  return {
    devices: new SqliteDeviceStore(new DeviceStatements(state), hubOwner(state, "hub")),
    modules: new SqliteModuleStore(new ModuleStatements(state), hubOwner(state, "hub")),
  };
});

twinStoreContract("sqlite", async () => {
  const state = open();
  return new SqliteTwinStore(new TwinStatements(state), hubOwner(state, "hub"));
});

subscriptionStoreContract("sqlite", async () => {
  const state = open();
  return new SqliteSubscriptionStore(new SubscriptionStatements(state), hubOwner(state, "hub"));
});

commandStoreContract("sqlite", async () => {
  const state = open();
  return new SqliteCommandStore(new CommandStatements(state), hubOwner(state, "hub"));
});

notificationStoreContract("sqlite", async () => {
  const state = open();
  return new SqliteNotificationStore(
    new NotificationStatements(state),
    hubOwner(state, "hub"),
    "feedback",
  );
});
