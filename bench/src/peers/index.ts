import { aedes, aedesLevel } from "./aedes.ts";
import { larimar } from "./larimar.ts";
import { mosquitto } from "./mosquitto.ts";
import { nats } from "./nats.ts";
import type { Peer } from "./peer.ts";
import { rabbitmq } from "./rabbitmq.ts";
import { referenceSink } from "./reference-sink.ts";

/** Every server the benchmarks know. */
export const peers: readonly Peer[] = [
  larimar,
  mosquitto,
  nats,
  aedes,
  aedesLevel,
  rabbitmq,
  referenceSink,
];
export const defaultPeerNames: readonly string[] = ["larimar", "mosquitto", "nats"];
