/** The named limits of a hub. What happens at each is said where it is used. */
export interface Limits {
  /** Telemetry including its properties; larger is refused with MessageTooLarge. */
  readonly telemetryBytesMax: number;
  /** Readers without an epoch per consumer group and partition. */
  readonly readersPerPartitionMax: number;
  readonly deviceIdLengthMax: number;
  readonly devicesPerPageMax: number;
  /** More are refused with TooManyModules. */
  readonly modulesPerDeviceMax: number;
  readonly statusReasonLengthMax: number;
  /** Certificate authorities; more are refused with TooManyCertificates. */
  readonly certificatesMax: number;
  /** More are refused with TooManyConfigurations. */
  readonly configurationsMax: number;
  /** One more device below an edge device is refused with DeviceScopeInvalid. */
  readonly childrenPerParentMax: number;
  /** Edge devices below each other; one more is refused with DeviceScopeInvalid. */
  readonly nestedEdgeDevicesMax: number;
}

export const DEFAULT_LIMITS: Limits = {
  telemetryBytesMax: 262_144,
  readersPerPartitionMax: 5,
  deviceIdLengthMax: 128,
  devicesPerPageMax: 1000,
  modulesPerDeviceMax: 50,
  statusReasonLengthMax: 128,
  certificatesMax: 25,
  configurationsMax: 100,
  childrenPerParentMax: 100,
  nestedEdgeDevicesMax: 5,
};
