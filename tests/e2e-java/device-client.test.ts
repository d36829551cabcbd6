import { describe } from "vitest";
import { deviceClientContract } from "../support/device-client/device-client.contract.ts";
import type { DeviceFeature } from "../support/device-client/device-client.contract.ts";
import { hasJava, startJavaProgram } from "../support/programs/java.ts";

// MQTT completes every command by itself, and lets tokens expire; only HTTPS has batches.
const BOTH: readonly DeviceFeature[] = [
  "awkward names",
  "interfaces",
  "components",
  "twins",
  "methods",
  "modules",
  "status",
  "files",
];
const MQTT: readonly DeviceFeature[] = [...BOTH, "expiry"];
const AMQP: readonly DeviceFeature[] = [...BOTH, "renewal", "rejecting"];

describe.skipIf(!hasJava())("iot-device-client (Java)", () => {
  deviceClientContract({
    sdk: "iot-device-client (Java)",
    address: "127.0.0.92",
    transports: [
      { id: "mqtt", name: "MQTT", features: MQTT },
      { id: "mqtt-ws", name: "MQTT over WebSockets", features: MQTT },
      { id: "amqp", name: "AMQP", features: AMQP },
      { id: "amqp-ws", name: "AMQP over WebSockets", features: AMQP },
      {
        id: "https",
        name: "HTTPS",
        features: ["interfaces", "batches", "rejecting", "files", "refusals"],
      },
    ],
    start: startJavaProgram,
    tokenTtlSeconds: 5,
  });
});
