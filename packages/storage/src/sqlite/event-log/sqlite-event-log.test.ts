import { DEFAULT_EVENT_RETENTION } from "@larimar/domain";
import { eventLogContract } from "../../event-log.contract.ts";
import { openStorage } from "../open-storage.ts";

eventLogContract("sqlite", async (partitionCount) => {
  const storage = await openStorage({ isEphemeral: true });
  const log = await storage.openEventLog({
    name: "local",
    partitionCount,
    eventRetention: DEFAULT_EVENT_RETENTION,
  });
  return Object.assign(log, { [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() });
});
