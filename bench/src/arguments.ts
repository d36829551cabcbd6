import { parseArgs } from "node:util";
import { defaultPeerNames, peers } from "./peers/index.ts";
import type { Peer } from "./peers/peer.ts";
import { workloads } from "./workloads/index.ts";
import type { Shape, Workload, WorkloadOptions } from "./workloads/workload.ts";

export interface BenchArguments {
  workload: Workload;
  peers: readonly Peer[];
  options: WorkloadOptions;
  isJson: boolean;
}

/** A mistake of the person at the keyboard: shown as one sentence with the usage. */
export class UsageError extends Error {}

/** Bounds for what one command may ask of a machine; beyond them it is refused. */
const CONNECTIONS_MAX = 15_000;
const IN_FLIGHT_MAX = 1000;
const SECONDS_MAX = 300;
const ROUNDS_MAX = 50;
const EVENTS_MAX = 100_000_000;
const DEVICES_MAX = 2_000_000;

export const usage = `npm run bench -- <workload> [options]

Workloads:
${workloads.map(({ name, summary }) => `  ${name.padEnd(19)} ${summary}`).join("\n")}

Options:
  --peers a,b        of ${peers.map(({ name }) => name).join(", ")} (default ${defaultPeerNames.join(",")})
  --shapes 50x16,…   connections x in flight (fan-in, fixed-rate, twin-patches)
  --rounds 3         interleaved rounds
  --seconds 5        measured seconds per round
  --warmup 1         seconds before each measured window
  --payload 256      bytes per message
  --rate 20000       messages per second (fixed-rate)
  --connections N    (connect-storm, idle-sessions, provisioning-storm)
  --handshakes 64    connections being opened at once (connect-storm, idle-sessions;
                     provisioning-storm: devices at once, all of them by default)
  --events N         events to store (growth)
  --devices N        devices to create (growth, configurations, bulk-create, twin-job)
  --json             data instead of Markdown`;

export function parseArguments(argv: readonly string[]): BenchArguments {
  const { values, positionals } = parse(argv);
  const workload = workloads.find(({ name }) => name === positionals[0]);
  if (workload === undefined || positionals.length !== 1) {
    throw new UsageError(`name one workload of: ${workloads.map(({ name }) => name).join(", ")}`);
  }
  return {
    workload,
    peers: (values.peers?.split(",") ?? defaultPeerNames).map(findPeer),
    isJson: values.json ?? false,
    options: {
      shapes: values.shapes?.split(",").map(parseShape),
      rounds: parseNumber("--rounds", values.rounds ?? "3", 1, ROUNDS_MAX),
      seconds: parseNumber("--seconds", values.seconds ?? "5", 0.1, SECONDS_MAX),
      warmupSeconds: parseNumber("--warmup", values.warmup ?? "1", 0, SECONDS_MAX),
      payloadBytes: parseNumber("--payload", values.payload ?? "256", 0, 262_144),
      ratePerSecond: parseNumber("--rate", values.rate ?? "20000", 1, 1_000_000),
      connections: optionalNumber("--connections", values.connections, 10, CONNECTIONS_MAX),
      handshakesMax: optionalNumber("--handshakes", values.handshakes, 1, CONNECTIONS_MAX),
      events: optionalNumber("--events", values.events, 10, EVENTS_MAX),
      devices: optionalNumber("--devices", values.devices, 0, DEVICES_MAX),
    },
  };
}

function parse(argv: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        peers: text,
        shapes: text,
        rounds: text,
        seconds: text,
        warmup: text,
        payload: text,
        rate: text,
        connections: text,
        handshakes: text,
        events: text,
        devices: text,
        json: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function findPeer(name: string): Peer {
  const peer = peers.find((candidate) => candidate.name === name);
  if (peer === undefined) throw new UsageError(`there is no peer '${name}'`);
  return peer;
}

function parseShape(text: string): Shape {
  const match = /^(\d+)x(\d+)$/.exec(text);
  if (match === null) throw new UsageError(`'${text}' is not a shape like 50x16`);
  return {
    connections: parseNumber("connections", match[1]!, 1, CONNECTIONS_MAX),
    inFlight: parseNumber("in flight", match[2]!, 1, IN_FLIGHT_MAX),
  };
}

function optionalNumber(
  name: string,
  text: string | undefined,
  min: number,
  max: number,
): number | undefined {
  return text === undefined ? undefined : parseNumber(name, text, min, max);
}

function parseNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!(value >= min && value <= max)) {
    throw new UsageError(`${name} takes a number from ${min} to ${max}, not '${text}'`);
  }
  return value;
}
