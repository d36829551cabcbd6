export { CapturedLog, type LogEntry } from "./captured-log.ts";
export { type FailingStore, createFailingStore } from "./failing-store.ts";
export { type Answer, type Call, HubClient, type TestDevice, devicePath } from "./hub-client.ts";
export { ManualClock } from "./manual-clock.ts";
export { type TokenRequest, parseConnectionString, signToken } from "./sas-tokens.ts";
export {
  COMMAND_FILE,
  type Ended,
  type RunningCommand,
  ServerProcess,
  type ServerProcessOptions,
  runCommand,
} from "./server-process.ts";
export { type SeedTwinsOptions, seedTwins } from "./seed-twins.ts";
export { snapshotDirectory } from "./snapshot-directory.ts";
export {
  type TestServer,
  type TestServerOptions,
  startTestServer,
  testConfig,
} from "./start-test-server.ts";
export {
  type TestCertificate,
  type TestCertificateRequest,
  makeTestCertificate,
} from "./test-certificates.ts";
export { type TemporaryDirectory, makeTemporaryDirectory } from "./temporary-directory.ts";
