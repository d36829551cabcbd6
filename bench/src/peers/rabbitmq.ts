import { access, mkdir, writeFile } from "node:fs/promises";
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
const START_MS_MAX = 90_000;
/** The script itself: the one in the path insists on a user of its own and on the machine's directories. */
const SERVER_SCRIPT = "/usr/lib/rabbitmq/bin/rabbitmq-server";

export const rabbitmq: Peer = {
  name: "rabbitmq",
  acknowledgementMeans:
    "confirmed by a durable queue on disk, which syncs now and then and not for each message, no authentication",

  async probe() {
    const epmd = await findCommand("epmd");
    const isThere = await access(SERVER_SCRIPT).then(
      () => true,
      () => false,
    );
    if (epmd === undefined || !isThere) {
      return { canRun: false, hint: "not installed: apt-get install rabbitmq-server" };
    }
    const result = await runCommand("dpkg-query", [
      "--show",
      "--showformat=${Version}",
      "rabbitmq-server",
    ]);
    return { canRun: true, version: result?.output.trim() ?? "of unknown version" };
  },

  async start({ directory, core }: PeerStartOptions): Promise<RunningPeer> {
    const certificate = await createPeerCertificate(directory);
    const [port, nodePort, mapperPort] = (await freePorts(HOST, 3)) as [number, number, number];
    const environment = await prepare({ directory, port, nodePort, mapperPort, certificate });
    // The mapper of Erlang's node names would otherwise start as a daemon that nobody ends.
    const mapper = new ServerProcess({
      name: "epmd",
      command: (await findCommand("epmd")) ?? "epmd",
      args: ["-port", String(mapperPort), "-address", HOST],
      core,
      environment,
    });
    const server = new ServerProcess({
      name: "rabbitmq",
      command: SERVER_SCRIPT,
      args: [],
      core,
      directory,
      environment,
    });
    const stop = async () => {
      await server[Symbol.asyncDispose]();
      await mapper[Symbol.asyncDispose]();
    };
    return anonymousBroker({
      server,
      host: HOST,
      port,
      certificate,
      startMsMax: START_MS_MAX,
      prepare: createStoredSubscription,
      stop,
    });
  },
};

async function prepare(options: {
  directory: string;
  port: number;
  nodePort: number;
  mapperPort: number;
  certificate: { certificateFile: string; keyFile: string };
}): Promise<NodeJS.ProcessEnv> {
  const { directory, port, nodePort, mapperPort, certificate } = options;
  const config = [
    "listeners.tcp = none",
    "mqtt.listeners.tcp = none",
    `mqtt.listeners.ssl.default = ${HOST}:${port}`,
    `ssl_options.certfile = ${certificate.certificateFile}`,
    `ssl_options.keyfile = ${certificate.keyFile}`,
    "ssl_options.verify = verify_none",
    "mqtt.allow_anonymous = true",
    "mqtt.default_user = guest",
    "mqtt.default_pass = guest",
    "log.console = false",
    "log.file = false",
  ];
  await writeFile(join(directory, "rabbitmq.conf"), `${config.join("\n")}\n`);
  await writeFile(join(directory, "enabled_plugins"), "[rabbitmq_mqtt].\n");
  for (const name of ["mnesia", "log"]) await mkdir(join(directory, name));
  return {
    PATH: process.env["PATH"],
    HOME: directory,
    ERL_EPMD_PORT: String(mapperPort),
    ERL_EPMD_ADDRESS: HOST,
    RABBITMQ_NODENAME: `bench-${port}@localhost`,
    RABBITMQ_NODE_PORT: String(nodePort),
    RABBITMQ_DIST_PORT: String(nodePort),
    RABBITMQ_CONFIG_FILE: join(directory, "rabbitmq.conf"),
    RABBITMQ_CONF_ENV_FILE: join(directory, "none.conf"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, "enabled_plugins"),
    RABBITMQ_MNESIA_BASE: join(directory, "mnesia"),
    RABBITMQ_LOG_BASE: join(directory, "log"),
    RABBITMQ_PID_FILE: join(directory, "pid"),
  };
}
