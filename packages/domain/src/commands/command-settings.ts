/** What an operator decides about commands; the names in ARM are those of `cloudToDevice`. */
export interface CommandSettings {
  readonly queueLengthMax: number;
  readonly commandBytesMax: number;
  readonly defaultTimeToLiveMs: number;
  readonly timeToLiveMaxMs: number;
  readonly lockDurationMs: number;
  readonly deliveryCountMax: number;
  readonly feedback: FeedbackSettings;
}

export interface FeedbackSettings {
  readonly timeToLiveMs: number;
  readonly lockDurationMs: number;
  readonly deliveryCountMax: number;
}

const HOUR_MS = 60 * 60 * 1000;

export const DEFAULT_COMMAND_SETTINGS: CommandSettings = {
  queueLengthMax: 50,
  commandBytesMax: 65_536,
  defaultTimeToLiveMs: HOUR_MS,
  timeToLiveMaxMs: 48 * HOUR_MS,
  lockDurationMs: 60_000,
  deliveryCountMax: 10,
  feedback: { timeToLiveMs: HOUR_MS, lockDurationMs: 60_000, deliveryCountMax: 10 },
};
