export type { MqttHeadParts } from "./mqtt-head.ts";
export { createMqttHead } from "./mqtt-head.ts";
export type { MqttLimits } from "./mqtt-limits.ts";
export { DEFAULT_MQTT_LIMITS } from "./mqtt-limits.ts";
