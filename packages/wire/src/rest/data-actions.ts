import type { DataAction } from "@larimar/domain";

/**
 * What a caller with a role needs for each operation of back ends; the contracts name what policies need.
 * Several means all of them. (protocol reference: service-facing 1.5)
 */
export const DATA_ACTIONS_OF: Readonly<Record<string, readonly DataAction[]>> = {
  listDevices: ["devices/read"],
  getDevice: ["devices/read"],
  putDevice: ["devices/write"],
  deleteDevice: ["devices/delete"],
  listModules: ["devices/read"],
  getModule: ["devices/read"],
  putModule: ["devices/write"],
  deleteModule: ["devices/delete"],
  changeDevices: ["devices/write", "devices/delete"],
  rotateKeys: ["devices/write"],
  getDeviceStatistics: ["statistics/read"],
  getServiceStatistics: ["statistics/read"],
  getDeviceTwin: ["twins/read"],
  patchDeviceTwin: ["twins/write"],
  putDeviceTwin: ["twins/write"],
  getModuleTwin: ["twins/read"],
  patchModuleTwin: ["twins/write"],
  putModuleTwin: ["twins/write"],
  invokeDeviceMethod: ["directMethods/invoke/action"],
  invokeModuleMethod: ["directMethods/invoke/action"],
  getDigitalTwin: ["twins/read"],
  patchDigitalTwin: ["twins/write"],
  invokeCommand: ["directMethods/invoke/action"],
  invokeComponentCommand: ["directMethods/invoke/action"],
  scheduleJob: ["jobs/write"],
  getJob: ["jobs/read"],
  queryJobs: ["jobs/read"],
  cancelJob: ["jobs/delete"],
  sendCommand: ["cloudToDeviceMessages/send/action"],
  purgeCommands: ["cloudToDeviceMessages/queue/purge/action"],
  receiveFeedback: ["cloudToDeviceMessages/feedback/action"],
  completeFeedback: ["cloudToDeviceMessages/feedback/action"],
  abandonFeedback: ["cloudToDeviceMessages/feedback/action"],
};
