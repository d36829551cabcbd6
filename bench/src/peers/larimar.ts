import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MqttIdentity } from "../load/mqtt/mqtt-packets.ts";
import { freePorts } from "../processes/free-ports.ts";
import { type Connection, LarimarClient } from "./larimar-client.ts";
import type { Peer, PeerStartOptions, RunningPeer } from "./peer.ts";
import { ServerProcess } from "../processes/server-process.ts";

const BIND = "127.0.0.1";
const START_MS_MAX = 30_000;
const commandFile = fileURLToPath(
  new URL("../../../packages/cli/dist/bundle/larimar.js", import.meta.url),
);

export const larimar: Peer = {
  name: "larimar",
  acknowledgementMeans:
    "from an authenticated device, and in the event log on disk, synced (SQLite, synchronous=FULL)",

  async probe() {
    try {
      await access(commandFile);
      return { canRun: true, version: await packageVersion() };
    } catch {
      return { canRun: false, hint: "not built: npm run build" };
    }
  },

  start: startLarimar,
};

export interface RunningLarimar extends RunningPeer {
  readonly address: string;
  readonly connection: Connection;
  readonly caPem: string;
  readonly dataDirectory: string;
  /** From the start of the process to its ready line, or a little more. */
  readonly startMs: number;
  /** Creates devices a hundred at a time, for workloads that need many and use few. */
  createMany(count: number, onProgress: (created: number) => void): Promise<void>;
  readonly client: LarimarClient;
  /** What the server has had written to disk since it started. */
  writtenBytes(): number;
}

export async function startLarimar(
  options: Pick<PeerStartOptions, "directory" | "core">,
): Promise<RunningLarimar> {
  const dataDirectory = join(options.directory, "data");
  const [mqttPort, amqpPort, httpsPort] = await freePorts(BIND, 3);
  const beganMs = performance.now();
  const server = new ServerProcess({
    name: "larimar",
    command: process.execPath,
    args: [commandFile, "start"].concat(
      ["--data", dataDirectory, "--bind", BIND, "--host", "localhost"],
      ["--mqtt-port", String(mqttPort), "--amqp-port", String(amqpPort)],
      ["--https-port", String(httpsPort)],
    ),
    core: options.core,
    directory: options.directory,
  });
  try {
    await server.waitForLine("Larimar is ready", START_MS_MAX);
    const startMs = performance.now() - beganMs;
    const connection = JSON.parse(
      await readFile(join(dataDirectory, "connection.json"), "utf8"),
    ) as Connection;
    const caPem = await readFile(connection.caFile, "utf8");
    const client = new LarimarClient({ address: BIND, connection, caPem });
    return {
      address: BIND,
      connection,
      caPem,
      dataDirectory,
      startMs,
      createMany: (count, onProgress) => client.createMany(count, onProgress),
      client,
      target: {
        host: BIND,
        port: connection.ports.mqtt,
        servername: client.hostName,
        caPem,
      },
      identities: (count): Promise<MqttIdentity[]> => client.createDevices(count),
      eventsAccess: () => client.eventsAccess(),
      cpuSeconds: () => server.cpuSeconds(),
      rssBytes: () => server.rssBytes(),
      writtenBytes: () => server.writtenBytes(),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function packageVersion(): Promise<string> {
  const file = new URL("../../../package.json", import.meta.url);
  const { version } = JSON.parse(await readFile(file, "utf8")) as { version: string };
  return version;
}
