import path from "node:path";
import type { TestServer } from "@larimar/testkit";
import { ServerProcess, makeTemporaryDirectory, startTestServer } from "@larimar/testkit";

/** A server with the hubs `near` and `far`, and one elsewhere whose hub it can give devices to. */
export interface TwoServers extends AsyncDisposable {
  readonly server: TestServer;
  readonly elsewhere: ServerProcess;
  /** For what a test wants to keep in a file. */
  readonly directory: string;
}

export async function startTwoServers(addresses: {
  readonly here: string;
  readonly elsewhere: string;
}): Promise<TwoServers> {
  const directory = await makeTemporaryDirectory();
  const elsewhere = new ServerProcess({
    dataDirectory: path.join(directory.path, "elsewhere"),
    address: addresses.elsewhere,
    usesStandardPorts: true,
  });
  let server: TestServer | undefined;
  const dispose = async () => {
    await server?.[Symbol.asyncDispose]();
    await elsewhere[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  };
  try {
    await elsewhere.start();
    server = await startTestServer({
      config: {
        bind: [addresses.here],
        host: [addresses.here],
        hub: ["near", "far"],
        httpsPort: 443,
        mqttPort: 8883,
        amqpPort: 5671,
        trust: [elsewhere.connection.caFile],
      },
    });
    return { server, elsewhere, directory: directory.path, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
