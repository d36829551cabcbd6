import type { OperationKind } from "@larimar/domain";

/**
 * The kind that an operation is admitted as by the hub's tier. What every protocol can ask for (telemetry,
 * twins, methods, commands) is admitted where it is done, bulk requests by their items.
 */
export const ADMISSION_OF: Readonly<Record<string, OperationKind>> = {
  listDevices: "registry",
  getDevice: "registry",
  putDevice: "registry",
  deleteDevice: "registry",
  listModules: "registry",
  getModule: "registry",
  putModule: "registry",
  deleteModule: "registry",
  getDeviceStatistics: "registry",
  getServiceStatistics: "registry",
  receiveDeviceCommand: "commandReceives",
  receiveModuleCommand: "commandReceives",
  beginFileUpload: "fileUploads",
  beginModuleFileUpload: "fileUploads",
  queryTwins: "queries",
  scheduleJob: "jobManagement",
  getJob: "jobManagement",
  queryJobs: "jobManagement",
  cancelJob: "jobManagement",
  beginTransfer: "jobManagement",
  listTransfers: "jobManagement",
  getTransfer: "jobManagement",
  cancelTransfer: "jobManagement",
  listConfigurations: "configurations",
  getConfiguration: "configurations",
  putConfiguration: "configurations",
  deleteConfiguration: "configurations",
  testConfigurationQueries: "configurations",
  applyConfigurationContent: "configurations",
};
