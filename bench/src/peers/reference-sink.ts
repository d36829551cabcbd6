import { fileURLToPath } from "node:url";
import { readFile } from "node:fs/promises";
import { anonymousIdentities } from "./anonymous-identities.ts";
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
    const target = { host: HOST, port: port!, servername: "localhost", caPem: certificate.caPem };
    try {
      await server.waitForPort(target, START_MS_MAX);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return {
      target,
      identities: async (count) => anonymousIdentities(count),
      cpuSeconds: () => server.cpuSeconds(),
      rssBytes: () => server.rssBytes(),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};
