import { describe } from "vitest";
import type { DeviceFeature } from "../support/device-client/device-client.contract.ts";
import { deviceClientContract } from "../support/device-client/device-client.contract.ts";
import { startNodeProgram } from "../support/programs/node.ts";

// Batches are for HTTPS alone, and without message ids.
const EVERYWHERE: readonly DeviceFeature[] = ["files"];
// What takes a connection that stays.
const CONNECTED: readonly DeviceFeature[] = [
  "twins",
  "methods",
  "modules",
  "renewal",
  "awkward names",
];
// MQTT completes every command by itself.
const SETTLING: readonly DeviceFeature[] = ["rejecting"];

describe("azure-iot-device (Node)", () => {
  deviceClientContract({
    sdk: "azure-iot-device (Node)",
    address: "127.0.0.82",
    transports: [
      { id: "mqtt", name: "MQTT", features: [...EVERYWHERE, ...CONNECTED] },
      { id: "mqtt-ws", name: "MQTT over WebSockets", features: [...EVERYWHERE, ...CONNECTED] },
      { id: "amqp", name: "AMQP", features: [...EVERYWHERE, ...CONNECTED, ...SETTLING] },
      {
        id: "amqp-ws",
        name: "AMQP over WebSockets",
        features: [...EVERYWHERE, ...CONNECTED, ...SETTLING],
      },
      { id: "http", name: "HTTPS", features: [...EVERYWHERE, ...SETTLING] },
    ],
    start: startNodeProgram,
    tokenTtlSeconds: 5,
  });
});
