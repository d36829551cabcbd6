import type { Cores } from "../contender.ts";
import type { Peer } from "../peers/peer.ts";

export interface ContestedPeer {
  peer: Peer;
  version: string;
}

/** Connections being opened at once, unless the command says otherwise. */
export const DEFAULT_HANDSHAKES_MAX = 64;

/** Numbers every workload understands; each reads the ones it needs. */
export interface WorkloadOptions {
  shapes: readonly Shape[] | undefined;
  rounds: number;
  seconds: number;
  warmupSeconds: number;
  payloadBytes: number;
  ratePerSecond: number;
  connections: number | undefined;
  handshakesMax: number | undefined;
  events: number | undefined;
  devices: number | undefined;
}

export interface Shape {
  connections: number;
  inFlight: number;
}

export interface WorkloadContext {
  peers: readonly ContestedPeer[];
  skipped: readonly { name: string; hint: string }[];
  cores: Cores;
  options: WorkloadOptions;
  /** Progress for a person who waits; never part of the result. */
  progress: (text: string) => void;
}

export interface WorkloadReport {
  markdown: string;
  /** The same as data, for `--json`. */
  data: unknown;
}

export interface Workload {
  readonly name: string;
  readonly summary: string;
  run(context: WorkloadContext): Promise<WorkloadReport>;
}
