import { describe } from "vitest";
import { deviceClientContract } from "../support/device-client/device-client.contract.ts";
import type { DeviceFeature } from "../support/device-client/device-client.contract.ts";
import { hasPython, startPythonProgram } from "../support/programs/python.ts";

// MQTT completes every command by itself; there are no batches.
const FEATURES: readonly DeviceFeature[] = [
  "twins",
  "methods",
  "modules",
  "awkward names",
  "interfaces",
  "renewal",
  "certificates of modules",
  "status",
  "files",
];

describe.skipIf(!hasPython())("azure-iot-device (Python)", () => {
  deviceClientContract({
    sdk: "azure-iot-device (Python)",
    address: "127.0.0.91",
    transports: [
      { id: "mqtt", name: "MQTT", features: FEATURES },
      { id: "mqtt-ws", name: "MQTT over WebSockets", features: FEATURES },
    ],
    start: (env) => startPythonProgram("device_program.py", env),
    // The SDK renews a token two minutes before it expires.
    tokenTtlSeconds: 123,
  });
});
