export type { Config } from "./config/config-schema.ts";
export { readConfigSources } from "./config/config-sources.ts";
export { describeOptions } from "./config/options.ts";
export { ConfigError, parseConfig } from "./config/parse-config.ts";
export type {
  ConnectionInfo,
  HubConnection,
  ProvisioningConnection,
} from "./connection/connection-info.ts";
export { printConfig } from "./print-config.ts";
export type { Surroundings } from "./run-server.ts";
export { runServer } from "./run-server.ts";
export { StartError } from "./start-error.ts";
export type { RunningServer, ServerParts } from "./start-server.ts";
export { startServer } from "./start-server.ts";
export { readVersion } from "./version.ts";
export { resetData } from "./data/reset-data.ts";
export { StorageError } from "@larimar/storage";
