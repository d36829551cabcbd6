/** What happens at each limit is said beside it. */
export interface JobLimits {
  /** Jobs that are queued or running; one more is refused with TooManyJobs. */
  readonly activeJobsMax: number;
  /** Jobs that run at once; others that are due wait for their turn. */
  readonly runningJobsMax: number;
  /** Twins of one job that are on their way to the disk; the others wait. */
  readonly twinsInFlightMax: number;
  /** Twins that one job changes in one go, before everything else gets its turn. */
  readonly twinsPerTurnMax: number;
  /** Devices whose answers one job waits for at once; the others wait for their turn. */
  readonly methodsInFlightMax: number;
  /** Devices of all jobs that get their turn in a second; the others wait. */
  readonly deviceOperationsPerSecondMax: number;
  /** Device jobs read, written or removed at once. */
  readonly devicesPerBatchMax: number;
  /** Devices that came online and have not been looked at; beyond it, all that wait are looked through. */
  readonly arrivalsMax: number;
  /** A longer id is refused with ArgumentInvalid. */
  readonly jobIdLengthMax: number;
  /** A longer time to run is refused with ArgumentInvalid. */
  readonly executionTimeMaxMs: number;
  /** Of a method, as JSON; a longer one is refused with ArgumentInvalid. */
  readonly payloadLengthMax: number;
  /** How long jobs that have ended are kept. */
  readonly historyMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

export const DEFAULT_JOB_LIMITS: JobLimits = {
  activeJobsMax: 1000,
  runningJobsMax: 10,
  twinsInFlightMax: 500,
  twinsPerTurnMax: 25,
  methodsInFlightMax: 500,
  deviceOperationsPerSecondMax: Infinity,
  devicesPerBatchMax: 500,
  arrivalsMax: 10_000,
  jobIdLengthMax: 64,
  executionTimeMaxMs: 30 * DAY_MS,
  payloadLengthMax: 131_072,
  historyMs: 30 * DAY_MS,
};
