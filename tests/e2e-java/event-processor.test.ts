import { describe } from "vitest";
import { eventProcessorContract } from "../support/events/event-processor.contract.ts";
import { hasJava, startJavaEventsProgram } from "../support/programs/java.ts";

const ADDRESS = "127.0.0.155";

describe.skipIf(!hasJava())("azure-messaging-eventhubs and its checkpoint store (Java)", () => {
  eventProcessorContract({
    sdk: "azure-messaging-eventhubs (Java)",
    address: ADDRESS,
    ownershipLost: "LOST_PARTITION_OWNERSHIP",
    sendingIntervalMs: 100,
    expiryMs: 5000,
    start: (env) => {
      // Without a port, its storage client takes the account for a part of the host's name.
      const account = env["FILES_CONNECTION_STRING"]!.replace(`//${ADDRESS}/`, `//${ADDRESS}:443/`);
      return startJavaEventsProgram({ ...env, FILES_CONNECTION_STRING: account });
    },
  });
});
