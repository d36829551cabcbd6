import type { LatencySummary } from "./latency-histogram.ts";
import type { MqttIdentity } from "./mqtt/mqtt-packets.ts";

/** Where the load goes. Loopback only: the generator refuses anything else. */
export interface LoadTarget {
  host: string;
  port: number;
  servername: string;
  caPem: string;
}

export interface ConnectCommand {
  kind: "connect";
  target: LoadTarget;
  identities: MqttIdentity[];
  /** Topic filters each connection subscribes to (QoS 0) before it counts as connected. */
  subscriptions: string[];
  /** Direct methods are answered at once, with status 200 and what was asked. */
  answersMethods?: boolean;
  /** Handshakes in progress at once. */
  handshakesMax: number;
  timeoutSeconds: number;
}

export interface RunCommand {
  kind: "run";
  inFlight: number;
  payloadBytes: number;
  warmupSeconds: number;
  seconds: number;
  /** Absent: closed loop, every connection keeps its window full. Present: open loop at this rate over all connections. */
  ratePerSecond?: number;
  /** Stop sending after this many messages, warm-up included. */
  messagesMax?: number;
}

/** Reported properties instead of telemetry, in a closed loop. */
export interface PatchCommand {
  kind: "patch";
  inFlight: number;
  warmupSeconds: number;
  seconds: number;
}

export type GeneratorCommand = ConnectCommand | RunCommand | PatchCommand | { kind: "disconnect" };

export interface ConnectResult {
  connected: number;
  failed: number;
  seconds: number;
  latency: LatencySummary;
  generatorCpuSeconds: number;
  errors: Record<string, number>;
}

export interface RunResult {
  /** Acknowledgements that arrived inside the measured window. */
  acknowledged: number;
  seconds: number;
  latency: LatencySummary;
  generatorCpuSeconds: number;
  /** Messages still without acknowledgement when the drain after the window ended. */
  unacknowledged: number;
  connectionsLost: number;
  errors: Record<string, number>;
}

export type GeneratorReport =
  | { kind: "connected"; result: ConnectResult }
  | { kind: "window-opened" }
  | { kind: "window-closed" }
  | { kind: "ran"; result: RunResult }
  | { kind: "disconnected" }
  | { kind: "failed"; message: string };
