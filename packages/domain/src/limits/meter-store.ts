/** What a hub was charged on a day, in messages. */
export interface MeterReading {
  /** Days since 1970, UTC. */
  readonly day: number;
  readonly charged: number;
}

export interface MeterStore {
  load(): Promise<MeterReading | undefined>;
  save(reading: MeterReading): Promise<void>;
}
