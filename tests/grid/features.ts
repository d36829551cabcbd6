export const TRANSPORTS = [
  "MQTT",
  "MQTT over WebSockets",
  "AMQP",
  "AMQP over WebSockets",
  "HTTPS",
] as const;

export type Transport = (typeof TRANSPORTS)[number];

interface FeatureFacts {
  /** Transports on which Azure IoT Hub has no such thing, whichever SDK asks. */
  readonly notOn?: readonly Transport[];
  /** What its tests need and a machine may not have: where it is missing, they are skipped. */
  readonly toolchain?: "swtpm";
}

const MQTT_ONLY_COMPLETES: FeatureFacts = { notOn: ["MQTT", "MQTT over WebSockets"] };
const NOT_ON_HTTPS: FeatureFacts = { notOn: ["HTTPS"] };
const HTTPS_ALONE: FeatureFacts = {
  notOn: ["MQTT", "MQTT over WebSockets", "AMQP", "AMQP over WebSockets"],
};
const NOT_HTTPS_ALONE: FeatureFacts = NOT_ON_HTTPS;

/** The rows of the grid, in order, for each kind of SDK. A cell names one of them. */
export const FEATURES = {
  device: {
    telemetry: {},
    "telemetry in batches": {},
    "telemetry: system, interface and component properties": {},
    "commands: receive in order and complete": {},
    "commands: reject and abandon": MQTT_ONLY_COMPLETES,
    "twin: read and report": NOT_ON_HTTPS,
    "twin: desired properties": NOT_ON_HTTPS,
    "direct methods": NOT_ON_HTTPS,
    "modules: telemetry with outputs": {},
    "modules: twin": NOT_ON_HTTPS,
    "modules: direct methods": NOT_ON_HTTPS,
    "file upload": {},
    "many devices on one connection": NOT_ON_HTTPS,
    "authentication: symmetric key": {},
    "authentication: shared access signature, renewed": NOT_ON_HTTPS,
    "authentication: X.509 self-signed": {},
    "authentication: X.509 CA-signed": {},
    "authentication: X.509 CA-signed, modules": {},
    "goes on after the connection was lost": NOT_ON_HTTPS,
    "hears when it is disabled or deleted": {},
  },
  provisioning: {
    "symmetric key": {},
    "symmetric key derived from a group's": {},
    "X.509 certificate of its own": {},
    "X.509 certificate below a group's": {},
    TPM: { notOn: ["MQTT", "MQTT over WebSockets"], toolchain: "swtpm" },
    "registers again and moves": {},
    "payload both ways": {},
  },
  service: {
    "device identities": HTTPS_ALONE,
    "module identities": HTTPS_ALONE,
    "identities in bulk": HTTPS_ALONE,
    "import and export of identities": HTTPS_ALONE,
    statistics: HTTPS_ALONE,
    "device twins": HTTPS_ALONE,
    "module twins": HTTPS_ALONE,
    "digital twins": HTTPS_ALONE,
    "direct methods": HTTPS_ALONE,
    "direct methods of modules": HTTPS_ALONE,
    queries: HTTPS_ALONE,
    jobs: HTTPS_ALONE,
    configurations: HTTPS_ALONE,
    "commands and their feedback": NOT_HTTPS_ALONE,
    "notifications of uploaded files": NOT_HTTPS_ALONE,
  },
  events: {
    "receive from every start position": {},
    "properties and annotations with their types": {},
    "consumer groups and exclusive readers": {},
    "readers that share the partitions, with checkpoints": {},
  },
  storage: {
    "download and list": {},
    "upload and delete": {},
    "signed URLs": {},
    containers: {},
  },
  "provisioning service": {
    "individual enrollments": {},
    "enrollment groups": {},
    "enrollments in bulk": {},
    "registration states": {},
    queries: {},
  },
  management: {
    "hubs or services": {},
    "policies and keys": {},
    "consumer groups": {},
    certificates: {},
    routing: {},
    "import and export": {},
  },
} as const satisfies Record<string, Record<string, FeatureFacts>>;

export type SdkKind = keyof typeof FEATURES;
export type Feature<Kind extends SdkKind> = keyof (typeof FEATURES)[Kind] & string;

export function featuresOf(kind: SdkKind): ReadonlyMap<string, FeatureFacts> {
  return new Map(Object.entries(FEATURES[kind]));
}
