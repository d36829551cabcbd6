import type { SdkKind, Transport } from "./features.ts";

interface SdkFacts {
  readonly kind: SdkKind;
  /** The columns. */
  readonly transports: readonly Transport[];
  /** What its tests need and a machine may not have: where it is missing, they are skipped. */
  readonly toolchain?: "python3 with pip" | "a JDK with Maven";
  /** Features this SDK has not, on any transport or on those named. */
  readonly lacks?: Readonly<Record<string, "everywhere" | readonly Transport[]>>;
}

const MQTT: readonly Transport[] = ["MQTT", "MQTT over WebSockets"];
const AMQP: readonly Transport[] = ["AMQP", "AMQP over WebSockets"];
const ALL: readonly Transport[] = [...MQTT, ...AMQP, "HTTPS"];
const PYTHON = { toolchain: "python3 with pip" } as const;
const JAVA = { toolchain: "a JDK with Maven" } as const;
const PER_CONNECTION = { "many devices on one connection": "everywhere" } as const;

/** The tables of the grid, in order. */
export const SDKS = {
  "azure-iot-device (Node)": {
    kind: "device",
    transports: ALL,
    lacks: {
      ...PER_CONNECTION,
      "telemetry in batches": [...MQTT, ...AMQP],
      "modules: telemetry with outputs": ["HTTPS"],
      // Its module client takes tokens alone.
      "authentication: X.509 CA-signed, modules": "everywhere",
    },
  },
  "azure-iot-device (Python)": {
    kind: "device",
    transports: MQTT,
    lacks: { ...PER_CONNECTION, "telemetry in batches": "everywhere" },
    ...PYTHON,
  },
  "iot-device-client (Java)": {
    kind: "device",
    transports: ALL,
    lacks: {
      "many devices on one connection": MQTT,
      "telemetry in batches": [...MQTT, ...AMQP],
      // Its module client speaks MQTT and AMQP alone, and takes tokens alone.
      "modules: telemetry with outputs": ["HTTPS"],
      "authentication: X.509 CA-signed, modules": "everywhere",
    },
    ...JAVA,
  },
  "azure-iot-provisioning-device (Node)": { kind: "provisioning", transports: ALL },
  "azure-iot-device, provisioning client (Python)": {
    kind: "provisioning",
    transports: MQTT,
    ...PYTHON,
  },
  "provisioning-device-client (Java)": { kind: "provisioning", transports: ALL, ...JAVA },
  "azure-iothub (Node)": { kind: "service", transports: [...AMQP, "HTTPS"] },
  "azure-iot-hub (Python)": {
    kind: "service",
    transports: ["AMQP", "HTTPS"],
    lacks: { "notifications of uploaded files": "everywhere" },
    ...PYTHON,
  },
  "iot-service-client (Java)": {
    kind: "service",
    transports: [...AMQP, "HTTPS"],
    lacks: { "identities in bulk": "everywhere" },
    ...JAVA,
  },
  "@azure/event-hubs (Node)": { kind: "events", transports: AMQP },
  "azure-eventhub (Python)": { kind: "events", transports: AMQP, ...PYTHON },
  "azure-messaging-eventhubs (Java)": { kind: "events", transports: AMQP, ...JAVA },
  "@azure/storage-blob (Node)": { kind: "storage", transports: ["HTTPS"] },
  "azure-iot-provisioning-service (Node)": {
    kind: "provisioning service",
    transports: ["HTTPS"],
  },
  "provisioning-service-client (Java)": {
    kind: "provisioning service",
    transports: ["HTTPS"],
    ...JAVA,
  },
  "@azure/arm-iothub (Node)": { kind: "management", transports: ["HTTPS"] },
  "@azure/arm-deviceprovisioningservices (Node)": {
    kind: "management",
    transports: ["HTTPS"],
    // Those are of hubs.
    lacks: {
      "consumer groups": "everywhere",
      routing: "everywhere",
      "import and export": "everywhere",
    },
  },
} as const satisfies Record<string, SdkFacts>;

export type SdkName = keyof typeof SDKS;

export function sdkFacts(name: SdkName): SdkFacts {
  return SDKS[name];
}

/** Device SDKs and provisioning clients are one grid, service SDKs the other. */
export type GridName = "devices" | "back-ends";

export function gridOf(name: SdkName): GridName {
  const { kind } = SDKS[name];
  return kind === "device" || kind === "provisioning" ? "devices" : "back-ends";
}
