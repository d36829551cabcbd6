import { describe } from "vitest";
import { eventProcessorContract } from "../support/events/event-processor.contract.ts";
import { hasPython, startPythonProgram } from "../support/programs/python.ts";

describe.skipIf(!hasPython())("azure-eventhub and its checkpoint store (Python)", () => {
  eventProcessorContract({
    sdk: "azure-eventhub (Python)",
    address: "127.0.0.152",
    ownershipLost: "CloseReason.OWNERSHIP_LOST",
    // While events come within a second of each other, it reads hundreds before it looks at anything else.
    sendingIntervalMs: 1500,
    // It looks at its partitions in turn, for a second each, and says in between that it is there.
    expiryMs: 8000,
    start: (env) => startPythonProgram("event_processor_program.py", env),
  });
});
