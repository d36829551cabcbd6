import { describe } from "vitest";
import { eventProcessorContract } from "../support/events/event-processor.contract.ts";
import { startNodeEventProcessor } from "../support/programs/node.ts";

describe("@azure/event-hubs and @azure/eventhubs-checkpointstore-blob (Node)", () => {
  eventProcessorContract({
    sdk: "@azure/event-hubs (Node)",
    // The client knows no other ports than 443 and 5671.
    address: "127.0.0.151",
    ownershipLost: "OwnershipLost",
    sendingIntervalMs: 100,
    expiryMs: 3000,
    start: startNodeEventProcessor,
  });
});
