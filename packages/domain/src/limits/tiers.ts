import type { HubTier } from "../hubs/hub-resource.ts";

/** What is admitted, each kind at a rate of its own. */
export const OPERATION_KINDS = [
  "commandReceives",
  "commandSends",
  "configurations",
  "connections",
  "fileUploads",
  "jobManagement",
  "methods",
  "queries",
  "registry",
  "telemetry",
  "twinReads",
  "twinUpdates",
] as const;

export type OperationKind = (typeof OPERATION_KINDS)[number];

/** What a hub of a tier may do with so many units. (protocol reference: limits 1 to 3) */
export interface TierProfile {
  readonly blockBytes: number;
  readonly messagesPerDay: number;
  /** Scheduled jobs that run, or would, at once. */
  readonly jobsMax: number;
  /** Devices of all jobs that get their turn in a second. */
  readonly jobDevicesPerSecond: number;
  /** Kinds that a tier has not at all are missing. Methods count blocks of 4 KB, everything else operations. */
  readonly perSecond: Readonly<Partial<Record<OperationKind, number>>>;
}

interface Rates {
  readonly messagesPerDay: number;
  readonly manyPerMinute: number;
  readonly fewPerMinute: number;
  readonly receivesPerMinute: number;
  readonly methodBlocks: number;
  readonly sends: (units: number) => number;
  readonly twinReads: (units: number) => number;
  readonly twinUpdates: (units: number) => number;
  readonly jobsMax: number;
  readonly jobDevices: (units: number) => number;
}

const FIRST: Rates = {
  messagesPerDay: 400_000,
  manyPerMinute: 100,
  fewPerMinute: 20,
  receivesPerMinute: 1000,
  methodBlocks: 40,
  sends: (units) => Math.max(100, 12 * units),
  twinReads: () => 100,
  twinUpdates: () => 50,
  jobsMax: 1,
  jobDevices: () => 10,
};

const SECOND: Rates = {
  ...FIRST,
  messagesPerDay: 6_000_000,
  methodBlocks: 120,
  sends: (units) => 120 * units,
  twinReads: (units) => Math.max(100, 10 * units),
  twinUpdates: (units) => Math.max(50, 5 * units),
  jobsMax: 5,
  jobDevices: (units) => Math.max(10, units),
};

const THIRD: Rates = {
  messagesPerDay: 300_000_000,
  manyPerMinute: 5000,
  fewPerMinute: 1000,
  receivesPerMinute: 50_000,
  methodBlocks: 6144,
  sends: (units) => 6000 * units,
  twinReads: (units) => 500 * units,
  twinUpdates: (units) => 250 * units,
  jobsMax: 10,
  jobDevices: (units) => 50 * units,
};

const RATES: Readonly<Record<HubTier, Rates>> = {
  F1: { ...FIRST, messagesPerDay: 8000 },
  B1: FIRST,
  B2: SECOND,
  B3: THIRD,
  S1: FIRST,
  S2: SECOND,
  S3: THIRD,
};

export function tierProfile(tier: HubTier, units: number): TierProfile {
  const rates = RATES[tier];
  const perMinute = (count: number): number => (count * units) / 60;
  const ofEveryTier = {
    connections: rates.sends(units),
    fileUploads: perMinute(rates.manyPerMinute),
    queries: perMinute(rates.fewPerMinute),
    registry: perMinute(rates.manyPerMinute),
    telemetry: rates.sends(units),
  };
  return {
    blockBytes: tier === "F1" ? 512 : 4096,
    messagesPerDay: rates.messagesPerDay * units,
    jobsMax: rates.jobsMax,
    jobDevicesPerSecond: rates.jobDevices(units),
    perSecond: tier.startsWith("B")
      ? ofEveryTier
      : {
          ...ofEveryTier,
          commandReceives: perMinute(rates.receivesPerMinute),
          commandSends: perMinute(rates.manyPerMinute),
          configurations: perMinute(20),
          jobManagement: perMinute(rates.manyPerMinute),
          methods: rates.methodBlocks * units,
          twinReads: rates.twinReads(units),
          twinUpdates: rates.twinUpdates(units),
        },
  };
}
