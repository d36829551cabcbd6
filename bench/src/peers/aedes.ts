import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { anonymousBroker } from "./anonymous-broker.ts";
import { createPeerCertificate } from "./certificate.ts";
import { freePorts } from "../processes/free-ports.ts";
import { createStoredSubscription } from "./keep-messages.ts";
import type { Peer, PeerStartOptions, RunningPeer } from "./peer.ts";
import { ServerProcess } from "../processes/server-process.ts";

const HOST = "127.0.0.1";
const START_MS_MAX = 20_000;
const mainFile = fileURLToPath(new URL("./aedes-main.ts", import.meta.url));

export const aedes: Peer = {
  name: "aedes",
  acknowledgementMeans:
    "handed to whoever subscribes, here nobody; nothing on disk, no authentication",
  probe,
  start: (options) => start(options, { isOnDisk: false }),
};

export const aedesLevel: Peer = {
  name: "aedes-level",
  acknowledgementMeans:
    "stored in LevelDB for a subscriber who is away, page cache only (no fsync), no authentication",
  probe,
  start: (options) => start(options, { isOnDisk: true }),
};

async function probe(): ReturnType<Peer["probe"]> {
  try {
    const main = createRequire(import.meta.url).resolve("aedes");
    const manifest = await readFile(join(dirname(main), "package.json"), "utf8");
    return { canRun: true, version: (JSON.parse(manifest) as { version: string }).version };
  } catch {
    return { canRun: false, hint: "not installed: npm install" };
  }
}

async function start(
  { directory, core }: PeerStartOptions,
  { isOnDisk }: { isOnDisk: boolean },
): Promise<RunningPeer> {
  const certificate = await createPeerCertificate(directory);
  const [port] = await freePorts(HOST, 1);
  const place = isOnDisk ? [join(directory, "level")] : [];
  const server = new ServerProcess({
    name: "aedes",
    command: process.execPath,
    args: process.execArgv.concat(
      [mainFile, HOST, String(port)],
      [certificate.certificateFile, certificate.keyFile],
      place,
    ),
    core,
  });
  return anonymousBroker({
    server,
    host: HOST,
    port: port!,
    certificate,
    startMsMax: START_MS_MAX,
    ...(isOnDisk && { prepare: createStoredSubscription }),
  });
}
