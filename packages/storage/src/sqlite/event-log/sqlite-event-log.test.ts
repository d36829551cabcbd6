import { DEFAULT_EVENT_RETENTION } from "@larimar/domain";
import { afterAll } from "vitest";
import { eventLogContract } from "../../contracts/event-log.contract.ts";
import { ManualClock } from "../../fixtures/manual-clock.fixture.ts";
import { openStorage } from "../open-storage.ts";

const clock = new ManualClock();
// Each test gets a hub of its own: starting the workers takes longer than all tests together.
const storage = openStorage({ isEphemeral: true, clock });
let hubs = 0;

afterAll(async () => (await storage)[Symbol.asyncDispose]());

eventLogContract("sqlite", async () => {
  const log = await (
    await storage
  ).openEventLog({
    name: `hub-${(hubs += 1)}`,
    partitionCount: 3,
    eventRetention: DEFAULT_EVENT_RETENTION,
  });
  return { log, clock };
});
