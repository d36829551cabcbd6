import { fileURLToPath } from "node:url";
import { readFile } from "node:fs/promises";
import { anonymousBroker } from "./anonymous-broker.ts";
import { createPeerCertificate } from "./certificate.ts";
import { freePorts } from "../processes/free-ports.ts";
import type { Peer, PeerStartOptions, RunningPeer } from "./peer.ts";
import { ServerProcess } from "../processes/server-process.ts";

const HOST = "127.0.0.1";
const START_MS_MAX = 10_000;
const mainFile = fileURLToPath(new URL("./reference-sink-main.ts", import.meta.url));

/** Not a broker: the least a TLS server can do. It shows what the generator and the machine can reach. */
export const referenceSink: Peer = {
  name: "sink",
  acknowledgementMeans: "nothing: every message is answered unread, the ceiling of this harness",

  async probe() {
    await readFile(mainFile);
    return { canRun: true, version: process.version };
  },

  async start(options: PeerStartOptions): Promise<RunningPeer> {
    const { directory, core } = options;
    const certificate = await createPeerCertificate(directory);
    const [port] = await freePorts(HOST, 1);
    const server = new ServerProcess({
      name: "reference sink",
      command: process.execPath,
      args: process.execArgv.concat(
        [mainFile, HOST, String(port)],
        [certificate.certificateFile, certificate.keyFile],
      ),
      core,
    });
    return anonymousBroker({
      server,
      host: HOST,
      port: port!,
      certificate,
      startMsMax: START_MS_MAX,
    });
  },
};
