import type { Config, ConnectionInfo, RunningServer, ServerParts } from "@larimar/server";
import { parseConfig, startServer } from "@larimar/server";
import { CapturedLog } from "./captured-log.ts";
import { HubClient } from "./hub-client.ts";

export interface TestServerOptions {
  /** On top of a server that keeps nothing and takes free ports on 127.0.0.1. */
  readonly config?: Partial<Config>;
  readonly parts?: Partial<Omit<ServerParts, "log">>;
}

export interface TestServer extends AsyncDisposable {
  readonly server: RunningServer;
  readonly connection: ConnectionInfo;
  readonly log: CapturedLog;
  /** The REST API of the default hub, or of the one with that name. */
  client(hubName?: string): HubClient;
}

const TEST_CONFIG: Partial<Config> = {
  ephemeral: true,
  bind: ["127.0.0.1"],
  mqttPort: 0,
  amqpPort: 0,
  httpsPort: 0,
};

/** A whole server in this process. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const log = new CapturedLog();
  const server = await startServer(testConfig(options.config), { ...options.parts, log });
  return {
    server,
    connection: server.connection,
    log,
    client: (hubName) => HubClient.fromConnection(server.connection, { hubName }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export function testConfig(overrides: Partial<Config> = {}): Config {
  const values = { ...TEST_CONFIG, ...overrides };
  return parseConfig({ sources: [{ values, nameOf: (key) => key }], problems: [] });
}
