import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { anonymousBroker } from "./anonymous-broker.ts";
import { createPeerCertificate } from "./certificate.ts";
import { findCommand } from "../processes/find-command.ts";
import { freePorts } from "../processes/free-ports.ts";
import { createStoredSubscription } from "./keep-messages.ts";
import type { Peer, PeerStartOptions, RunningPeer } from "./peer.ts";
import { runCommand } from "../processes/run-command.ts";
import { ServerProcess } from "../processes/server-process.ts";

const HOST = "127.0.0.1";
const START_MS_MAX = 10_000;

export const nats: Peer = {
  name: "nats",
  acknowledgementMeans:
    "stored by JetStream in a file, page cache only (no fsync), no authentication",

  async probe() {
    const command = await findCommand("nats-server");
    const result = command === undefined ? undefined : await runCommand(command, ["--version"]);
    const version = /v(\d\S+)/.exec(result?.output ?? "")?.[1];
    return version === undefined
      ? { canRun: false, hint: "not installed: apt-get install nats-server" }
      : { canRun: true, version };
  },

  async start(options: PeerStartOptions): Promise<RunningPeer> {
    const { directory, core } = options;
    const certificate = await createPeerCertificate(directory);
    const [port, clientPort] = await freePorts(HOST, 2);
    const configFile = join(directory, "nats.conf");
    const config = {
      host: HOST,
      port: clientPort,
      server_name: "bench",
      max_connections: options.connectionsMax + 100,
      jetstream: { store_dir: join(directory, "jetstream") },
      mqtt: {
        host: HOST,
        port,
        tls: { cert_file: certificate.certificateFile, key_file: certificate.keyFile },
      },
    };
    await writeFile(configFile, JSON.stringify(config)); // its format contains JSON
    const server = new ServerProcess({
      name: "nats-server",
      command: (await findCommand("nats-server")) ?? "nats-server",
      args: ["-c", configFile],
      core,
      directory,
    });
    return anonymousBroker({
      server,
      host: HOST,
      port: port!,
      certificate,
      startMsMax: START_MS_MAX,
      prepare: createStoredSubscription,
    });
  },
};
