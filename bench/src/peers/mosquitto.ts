import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { anonymousBroker } from "./anonymous-broker.ts";
import { createPeerCertificate } from "./certificate.ts";
import { findCommand } from "../processes/find-command.ts";
import { freePorts } from "../processes/free-ports.ts";
import type { Peer, PeerStartOptions, RunningPeer } from "./peer.ts";
import { runCommand } from "../processes/run-command.ts";
import { ServerProcess } from "../processes/server-process.ts";

const HOST = "127.0.0.1";
const START_MS_MAX = 10_000;

export const mosquitto: Peer = {
  name: "mosquitto",
  acknowledgementMeans: "received; nothing on disk, no authentication, no subscriber",

  async probe() {
    const command = await findCommand("mosquitto");
    const result = command === undefined ? undefined : await runCommand(command, ["-h"]);
    const version = /mosquitto version (\S+)/.exec(result?.output ?? "")?.[1];
    return version === undefined
      ? { canRun: false, hint: "not installed: apt-get install mosquitto" }
      : { canRun: true, version };
  },

  async start(options: PeerStartOptions): Promise<RunningPeer> {
    const { directory, core } = options;
    const certificate = await createPeerCertificate(directory);
    const [port] = await freePorts(HOST, 1);
    const configFile = join(directory, "mosquitto.conf");
    const config = [
      "persistence false",
      "allow_anonymous true",
      "log_type error",
      // With Nagle's delay, its default, it does nearly twice as much per second of CPU; without, it answers sooner.
      `set_tcp_nodelay ${options.tuneFor === "latency"}`,
      `user ${userInfo().username}`, // else it changes to a user who cannot read the directory
      `listener ${port} ${HOST}`,
      "max_connections -1",
      `certfile ${certificate.certificateFile}`,
      `keyfile ${certificate.keyFile}`,
    ];
    await writeFile(configFile, `${config.join("\n")}\n`);
    const server = new ServerProcess({
      name: "mosquitto",
      command: (await findCommand("mosquitto")) ?? "mosquitto",
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
    });
  },
};
