import { describe } from "vitest";
import { hasJava, startJavaProgram } from "../support/programs/java.ts";
import { provisioningClientContract } from "../support/provisioning/provisioning-client.contract.ts";

describe.skipIf(!hasJava())("provisioning-device-client (Java)", () => {
  provisioningClientContract({
    sdk: "provisioning-device-client (Java)",
    address: "127.0.0.96",
    transports: [
      { id: "mqtt", name: "MQTT" },
      { id: "mqtt-ws", name: "MQTT over WebSockets" },
      { id: "amqp", name: "AMQP" },
      { id: "amqp-ws", name: "AMQP over WebSockets" },
      { id: "https", name: "HTTPS" },
    ],
    start: startJavaProgram,
  });
});
