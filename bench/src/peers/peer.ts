import type { EventsAccess } from "../events/event-receiver.ts";
import type { LoadTarget } from "../load/messages.ts";
import type { MqttIdentity } from "../load/mqtt/mqtt-packets.ts";

/** A server the benchmarks can start, load and measure. */
export interface Peer {
  readonly name: string;
  /** What has been promised about a message when its PUBACK arrives, as this adapter configures the server. */
  readonly acknowledgementMeans: string;
  /** Says which version would run, or why the peer cannot run here and how to change that. */
  probe(): Promise<{ canRun: true; version: string } | { canRun: false; hint: string }>;
  start(options: PeerStartOptions): Promise<RunningPeer>;
}

export interface PeerStartOptions {
  /** An empty directory of this peer's own; removed by the caller. */
  directory: string;
  /** The core the server is pinned to, if any. */
  core: number | undefined;
  /** The most connections the run will open. */
  connectionsMax: number;
  /** What the run measures: a peer whose settings trade one for the other is given the better ones. */
  tuneFor: "throughput" | "latency";
}

export interface RunningPeer extends AsyncDisposable {
  readonly target: LoadTarget;
  /** Who may connect and where each publishes; creates what the server must know about them first. */
  identities(count: number): Promise<MqttIdentity[]>;
  /** How back ends read what devices sent; absent where that is not measured. */
  eventsAccess?(): EventsAccess;
  /** User and system time of the server's processes, all threads, since they started. */
  cpuSeconds(): number;
  rssBytes(): number;
}
