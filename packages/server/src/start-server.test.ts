import { access, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { request } from "node:https";
import path from "node:path";
import type { TemporaryDirectory, TestServer } from "@larimar/testkit";
import { makeTemporaryDirectory, parseConnectionString, startTestServer } from "@larimar/testkit";
import { describe, expect, test } from "vitest";
import type { Config } from "./config/config-schema.ts";
import type { ConnectionInfo } from "./connection/connection-info.ts";
import { StartError } from "./start-error.ts";
import { makeAuthority, makeServerCertificate } from "./tls/make-certificates.ts";

const startIn = ({ path: data }: TemporaryDirectory, config: Partial<Config> = {}) =>
  startTestServer({ config: { ephemeral: false, data, ...config } });

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

describe("connection.json", () => {
  test("says where everything is and how to use it", async () => {
    await using directory = await makeTemporaryDirectory();
    await using server = await startIn(directory, { partitions: 2 });
    const file = path.join(directory.path, "connection.json");
    const connection = JSON.parse(await readFile(file, "utf8")) as ConnectionInfo;
    const { ports } = server.server;
    const secret = expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) as string;
    expect(connection).toEqual({
      host: "localhost",
      ports,
      caFile: path.join(directory.path, "ca.pem"),
      admin: {
        endpoint: `https://localhost:${ports.https}`,
        token: expect.stringMatching(/^[\w-]{43}$/) as string,
      },
      hubs: [
        {
          name: "local",
          hostName: "localhost",
          connectionStrings: expect.any(Object) as object,
          events: {
            connectionString: expect.any(String) as string,
            entityPath: "local",
            partitionIds: ["0", "1"],
          },
          files: { connectionString: expect.any(String) as string, containerName: "uploads" },
        },
      ],
      provisioning: [
        {
          name: "local-dps",
          hostName: "localhost",
          idScope: expect.stringMatching(/^0ne[0-9A-F]{8}$/) as string,
          connectionString: expect.stringMatching(
            /^HostName=localhost;SharedAccessKeyName=provisioningserviceowner;SharedAccessKey=.{43}=$/,
          ) as string,
        },
      ],
    });
    const [hub] = connection.hubs;
    expect(Object.keys(hub!.connectionStrings)).toEqual([
      "iothubowner",
      "service",
      "device",
      "registryRead",
      "registryReadWrite",
    ]);
    for (const [name, text] of Object.entries(hub!.connectionStrings)) {
      expect(parseConnectionString(text)).toEqual({
        HostName: "localhost",
        SharedAccessKeyName: name,
        SharedAccessKey: secret,
      });
    }
    expect(parseConnectionString(hub!.events.connectionString)).toEqual({
      Endpoint: `sb://localhost:${ports.amqp}/`,
      SharedAccessKeyName: "iothubowner",
      SharedAccessKey: parseConnectionString(hub!.connectionStrings["iothubowner"]!)[
        "SharedAccessKey"
      ],
      EntityPath: "local",
    });
  });

  test("and every other secret is for the owner alone", async () => {
    await using directory = await makeTemporaryDirectory();
    await using _ = await startIn(directory);
    for (const file of ["connection.json", "admin-token", "tls/ca-key.pem", "tls/server-key.pem"]) {
      expect([file, (await stat(path.join(directory.path, file))).mode & 0o077]).toEqual([file, 0]);
    }
  });

  test("of a server that keeps nothing is in a temporary place, gone with the server", async () => {
    const server = await startTestServer();
    const { connectionFile, directory } = server.server;
    expect(JSON.parse(await readFile(connectionFile, "utf8"))).toEqual(server.connection);
    expect(path.dirname(connectionFile)).toBe(directory);
    await server[Symbol.asyncDispose]();
    expect(await exists(directory)).toBe(false);
  });
});

describe("a second start in the same directory", () => {
  test("keeps keys, token, authority, devices and partitions", async () => {
    await using directory = await makeTemporaryDirectory();
    const first = await startIn(directory, { partitions: 2 });
    const device = await first.client().createDevice("d1");
    await first[Symbol.asyncDispose]();
    await using second = await startIn(directory, { partitions: 8 });
    const { ports: _, ...kept } = second.connection;
    expect(kept.hubs[0]?.connectionStrings).toEqual(first.connection.hubs[0]?.connectionStrings);
    expect(kept.hubs[0]?.events.partitionIds).toEqual(["0", "1"]);
    expect(kept.admin.token).toBe(first.connection.admin.token);
    const ca = await readFile(kept.caFile, "utf8");
    expect(second.client().caPem).toBe(ca);
    const found = await second.client().call({ method: "GET", path: "/devices/d1" });
    expect(found.body).toMatchObject({
      authentication: { symmetricKey: { primaryKey: device.primaryKey } },
    });
  });

  test("answers to the names of its own options", async () => {
    await using directory = await makeTemporaryDirectory();
    await (await startIn(directory, { host: ["first.example"] }))[Symbol.asyncDispose]();
    await using second = await startIn(directory, { host: ["second.example"] });
    expect(second.connection.hubs[0]?.hostName).toBe("second.example");
    expect(second.server.hubs.list()[0]?.settings.hostNames).not.toContain("first.example");
    expect(await statusOf(second, { servername: "second.example" })).toBe(200);
  });

  test("serves the hubs that are there unless told otherwise, the first still the default", async () => {
    await using directory = await makeTemporaryDirectory();
    await (await startIn(directory, { hub: ["plant", "lab"] }))[Symbol.asyncDispose]();
    const again = await startIn(directory);
    expect(again.connection.hubs.map(({ name }) => name)).toEqual(["plant", "lab"]);
    await again[Symbol.asyncDispose]();
    await using reordered = await startIn(directory, { hub: ["LAB", "yard"] });
    expect(reordered.connection.hubs.map(({ name }) => name)).toEqual(["lab", "yard", "plant"]);
    expect(reordered.connection.hubs[0]?.connectionStrings).not.toEqual(
      again.connection.hubs[0]?.connectionStrings,
    );
    expect(reordered.connection.hubs[2]?.hostName).toBe("plant.localhost");
  });

  test("makes a new server certificate when files of the old one are damaged", async () => {
    await using directory = await makeTemporaryDirectory();
    await (await startIn(directory))[Symbol.asyncDispose]();
    await writeFile(path.join(directory.path, "tls", "server.pem"), "damaged");
    await using second = await startIn(directory);
    expect(await statusOf(second, {})).toBe(200);
  });
});

describe("several hubs behind one listener", () => {
  test("are told apart by the name in the handshake, then by the one in the request", async () => {
    await using server = await startTestServer({ config: { hub: ["local", "second"] } });
    await server.client("second").createDevice("only-in-second");
    const find = (hubName?: string) =>
      server.client(hubName).call({ method: "GET", path: "/devices/only-in-second" });
    expect((await find("second")).status).toBe(200);
    expect((await find()).status).toBe(404);
    const owner = server.client("second").hub.connectionStrings["iothubowner"]!;
    const ask = (options: AskOptions) => statusOf(server, { ...options, owner });
    // Its owner's key opens the second hub alone, so the status says which hub was asked.
    expect(await ask({ servername: "second.localhost", host: "localhost" })).toBe(200);
    expect(await ask({ servername: "", host: "second.localhost" })).toBe(200);
    expect(await ask({ servername: "", host: "SECOND.localhost:443" })).toBe(200);
    expect(await ask({ servername: "localhost", host: "localhost" })).toBe(401);
    expect(await ask({ servername: "", host: "elsewhere.example" })).toBe(401);
  });

  test("share one certificate that clients accept for each", async () => {
    await using server = await startTestServer({
      config: { hub: ["local", "second"], host: ["hub.example", "localhost"] },
    });
    for (const [hubName, servername] of [
      ["local", "hub.example"],
      ["local", "local.hub.example"],
      ["local", "localhost"],
      ["local", "local.localhost"],
      ["second", "second.hub.example"],
      ["second", "second.localhost"],
    ] as const) {
      const owner = server.client(hubName).hub.connectionStrings["iothubowner"]!;
      expect([servername, await statusOf(server, { servername, owner })]).toEqual([
        servername,
        200,
      ]);
    }
    await expect(statusOf(server, { servername: "third.hub.example" })).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  test("leave names of no hub unanswered when the server is strict about them", async () => {
    await using server = await startTestServer({ config: { strictHosts: true } });
    const owner = server.client().hub.connectionStrings["iothubowner"]!;
    const ask = (host: string) => statusOf(server, { servername: "", host, owner });
    expect(await ask("localhost")).toBe(200);
    expect(await ask("local.localhost")).toBe(200);
    expect(await ask("127.0.0.1")).toBe(200);
    expect(await ask("elsewhere.example")).toBe(404);
  });
});

describe("a certificate of the operator's own", () => {
  test("is used and its authority handed to clients; Larimar makes none", async () => {
    await using directory = await makeTemporaryDirectory();
    await using files = await makeTemporaryDirectory();
    const nowMs = Date.now();
    const authority = await makeAuthority(nowMs);
    const own = await makeServerCertificate({ nowMs, authority, names: ["localhost"] });
    const [ca, cert, key] = ["ca", "cert", "key"].map((name) => path.join(files.path, name));
    await writeFile(ca!, authority.certPem);
    await writeFile(cert!, own.certPem);
    await writeFile(key!, own.keyPem);
    await using server = await startIn(directory, { ca: ca!, cert: cert!, key: key! });
    expect(server.connection.caFile).toBe(ca);
    expect(await statusOf(server, {})).toBe(200);
    expect(await readdir(directory.path)).not.toContain("tls");
  });

  test.each([
    ["that cannot be read", "missing.pem", /cannot be read \(ENOENT\)/],
    ["that is none", "garbage.pem", /are not a certificate and its key/],
  ])("%s stops the start and nothing is written", async (_, name, reason) => {
    await using files = await makeTemporaryDirectory();
    const file = path.join(files.path, name);
    if (name === "garbage.pem") await writeFile(file, "garbage");
    const data = path.join(files.path, "data");
    const start = startTestServer({
      config: { ephemeral: false, data, ca: file, cert: file, key: file },
    });
    await expect(start).rejects.toThrow(StartError);
    await expect(start).rejects.toThrow(reason);
    expect(await exists(data)).toBe(false);
  });
});

describe("shutting down", () => {
  test("ends every connection and gives the ports and the directory back", async () => {
    await using directory = await makeTemporaryDirectory();
    const first = await startIn(directory);
    const { mqtt, amqp, https } = first.connection.ports;
    await first[Symbol.asyncDispose]();
    await using second = await startIn(directory, {
      mqttPort: mqtt,
      amqpPort: amqp,
      httpsPort: https,
    });
    expect(await statusOf(second, {})).toBe(200);
  });
});

interface AskOptions {
  readonly servername?: string;
  readonly host?: string;
  readonly owner?: string;
}

/** The status of a request for the device statistics, asked on a connection of its own. */
async function statusOf(server: TestServer, options: AskOptions): Promise<number> {
  const client = server.client();
  const { servername = "localhost", host = "localhost", owner } = options;
  const authorization = client.authorization(owner);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: "127.0.0.1",
      port: server.connection.ports.https,
      servername,
      ca: client.caPem,
      agent: false,
      path: "/statistics/devices?api-version=2021-04-12",
      headers: { host, authorization },
      ...(servername === "" && { checkServerIdentity: () => undefined }),
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.end();
  });
}
