import { describe } from "vitest";
import { hasPython, startPythonProgram } from "../support/programs/python.ts";
import { provisioningClientContract } from "../support/provisioning/provisioning-client.contract.ts";

describe.skipIf(!hasPython())("the provisioning client of azure-iot-device (Python)", () => {
  provisioningClientContract({
    sdk: "azure-iot-device, provisioning client (Python)",
    address: "127.0.0.95",
    transports: [
      { id: "mqtt", name: "MQTT" },
      { id: "mqtt-ws", name: "MQTT over WebSockets" },
    ],
    start: (env) => startPythonProgram("device_program.py", env),
  });
});
