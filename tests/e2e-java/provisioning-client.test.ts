import { describe } from "vitest";
import { hasJava, startJavaProgram } from "../support/programs/java.ts";
import { provisioningClientContract } from "../support/provisioning/provisioning-client.contract.ts";

// Over MQTT this SDK now and then waits in vain for an answer that came before it began to wait.
const BOTH = ["payloads", "moves"] as const;

describe.skipIf(!hasJava())("provisioning-device-client (Java)", () => {
  provisioningClientContract({
    sdk: "provisioning-device-client (Java)",
    address: "127.0.0.96",
    transports: [
      { id: "mqtt", name: "MQTT", features: [] },
      { id: "mqtt-ws", name: "MQTT over WebSockets", features: [] },
      { id: "amqp", name: "AMQP", features: BOTH },
      { id: "amqp-ws", name: "AMQP over WebSockets", features: BOTH },
      { id: "https", name: "HTTPS", features: BOTH },
    ],
    start: startJavaProgram,
  });
});
