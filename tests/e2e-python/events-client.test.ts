import { describe } from "vitest";
import { eventsClientContract } from "../support/events/events-client.contract.ts";
import { hasPython, startPythonProgram } from "../support/programs/python.ts";

describe.skipIf(!hasPython())("azure-eventhub (Python)", () => {
  eventsClientContract({
    sdk: "azure-eventhub (Python)",
    address: "127.0.0.97",
    displaced: "ConnectionLostError",
    start: (env) => startPythonProgram("events_program.py", env),
  });
});
