import { describe } from "vitest";
import { eventsClientContract } from "../support/events/events-client.contract.ts";
import { hasJava, startJavaEventsProgram } from "../support/programs/java.ts";

describe.skipIf(!hasJava())("azure-messaging-eventhubs (Java)", () => {
  eventsClientContract({
    sdk: "azure-messaging-eventhubs (Java)",
    address: "127.0.0.157",
    displaced: "LinkStolenError",
    start: startJavaEventsProgram,
  });
});
