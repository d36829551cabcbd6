import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TestServer } from "@larimar/testkit";
import {
  makeTemporaryDirectory,
  runCommand,
  snapshotDirectory,
  startTestServer,
} from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "./command-table.ts";
import { runCommandLine } from "./run-command.ts";

interface Outcome {
  code: number;
  out: string;
  err: string;
}

async function larimar(...args: string[]): Promise<Outcome> {
  const outcome = { code: -1, out: "", err: "" };
  outcome.code = await runCommandLine({
    args,
    environment: {},
    print: (text) => (outcome.out += `${text}\n`),
    complain: (text) => (outcome.err += `${text}\n`),
  });
  return outcome;
}

describe("the command line", () => {
  test("lists its commands when asked, and when called with nothing", async () => {
    const asked = await larimar("--help");
    expect(asked).toMatchObject({ code: 0, err: "" });
    for (const { name, summary } of COMMANDS) {
      expect(asked.out).toContain(name);
      expect(asked.out).toContain(summary);
    }
    expect(await larimar()).toEqual({ ...asked, code: 2 });
  });

  test("explains every command", async () => {
    for (const { name, summary } of COMMANDS) {
      const { code, out, err } = await larimar(...name.split(" "), "--help");
      expect({ name, code, err }).toEqual({ name, code: 0, err: "" });
      expect(out).toContain(`larimar ${name}`);
      expect(out).toContain(summary);
    }
  });

  test("says its version, the one of every package", async () => {
    const manifest = new URL("../../../package.json", import.meta.url);
    const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
    expect(await larimar("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });

  test("refuses a command it does not have with the exit code for bad usage", async () => {
    expect(await larimar("device", "paint")).toEqual({
      code: 2,
      out: "",
      err: "larimar: 'device paint' is not a command; see `larimar --help`.\n",
    });
  });

  test("is what the installed command runs", async () => {
    const command = runCommand(["--version"]);
    expect(await command.ended).toEqual({ code: 0, signal: null });
    expect(command.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("commands for devices", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ config: { hub: ["local", "second"] } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const device = (verb: string, ...args: string[]) =>
    larimar("device", verb, ...args, "--data", server.server.directory);
  const json = async (verb: string, ...args: string[]): Promise<unknown> =>
    JSON.parse((await device(verb, ...args, "--json")).out);

  test("make a device and tell its connection string", async () => {
    const made = await device("create", "made");
    expect(made).toMatchObject({ code: 0, err: "" });
    const [, connectionString] = /\n {2}(HostName=localhost;DeviceId=made;.+)\n/.exec(made.out)!;
    expect(await device("connection-string", "made")).toEqual({
      code: 0,
      out: `${connectionString}\n`,
      err: "",
    });
    const { body } = await server.client().call({ method: "GET", path: "/devices/made" });
    const { primaryKey } = (body as { authentication: { symmetricKey: { primaryKey: string } } })
      .authentication.symmetricKey;
    expect(connectionString).toBe(`HostName=localhost;DeviceId=made;SharedAccessKey=${primaryKey}`);
  });

  test("make disabled devices, devices with a certificate, and ids that need escaping", async () => {
    expect(await json("create", "off", "--disabled")).toMatchObject({
      device: { status: "disabled" },
    });
    const thumbprint = "AB".repeat(20);
    expect(await json("create", "x509", "--thumbprint", thumbprint)).toMatchObject({
      connectionString: "HostName=localhost;DeviceId=x509;x509=true",
      device: { authentication: { type: "selfSigned" } },
    });
    expect(await json("create", "a%b#c?d")).toMatchObject({ device: { deviceId: "a%b#c?d" } });
    expect(await json("show", "a%b#c?d")).toMatchObject({ deviceId: "a%b#c?d" });
  });

  test("list and show devices of the hub that is meant", async () => {
    await device("create", "in-second", "--hub", "second");
    const listed = await device("list", "--hub", "SECOND");
    expect(
      listed.out
        .trimEnd()
        .split("\n")
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ["DEVICE", "STATUS", "CONNECTION", "AUTHENTICATION"],
      ["in-second", "enabled", "Disconnected", "sas"],
    ]);
    expect(await json("list", "--hub", "second")).toEqual([
      expect.objectContaining({ deviceId: "in-second" }),
    ]);
    expect(await json("show", "in-second", "--hub", "second")).toMatchObject({
      deviceId: "in-second",
      status: "enabled",
    });
    expect((await device("show", "in-second")).code).toBe(1);
  });

  test("delete a device", async () => {
    await device("create", "gone");
    expect(await json("delete", "gone")).toEqual({ deviceId: "gone", isDeleted: true });
    expect((await device("show", "gone")).code).toBe(1);
  });

  test("pass on why the hub refused, in one line", async () => {
    await device("create", "twice");
    expect(await device("create", "twice")).toEqual({
      code: 1,
      out: "",
      err: "larimar: A device with ID 'twice' is already registered.\n",
    });
    for (const outcome of [
      await device("show", "nobody"),
      await device("delete", "nobody"),
      await device("create", "x".repeat(129)),
      await device("create", "bad", "--thumbprint", "zz"),
    ]) {
      expect(outcome).toMatchObject({ code: 1, out: "" });
      expect(outcome.err).toMatch(/^larimar: .+\n$/);
    }
  });

  test("want their arguments, and only those", async () => {
    for (const [args, reason] of [
      [["show"], "ID is missing."],
      [["show", "a", "b"], "'b' is not expected here."],
      [["show", "a", "--colour"], "Unknown option '--colour'."],
    ] as const) {
      const [verb, ...rest] = args;
      expect(await device(verb, ...rest)).toEqual({
        code: 2,
        out: "",
        err: `larimar: ${reason}\n`,
      });
    }
  });

  test("print what a shell needs", async () => {
    const { directory, connection } = server.server;
    const { out } = await larimar("env", "--data", directory);
    const [hub] = connection.hubs;
    expect(out.trimEnd().split("\n")).toEqual([
      `export IOTHUB_CONNECTION_STRING='${hub!.connectionStrings["iothubowner"]}'`,
      `export EVENTHUB_CONNECTION_STRING='${hub!.events.connectionString}'`,
      `export NODE_EXTRA_CA_CERTS='${connection.caFile}'`,
      `export LARIMAR_DATA='${directory}'`,
    ]);
    const second = JSON.parse(
      (await larimar("env", "--data", directory, "--hub", "second", "--json")).out,
    ) as object;
    expect(second).toMatchObject({
      EVENTHUB_CONNECTION_STRING: connection.hubs[1]!.events.connectionString,
    });
  });
});

describe("commands for twins", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    for (const id of ["d1", "d2", "d3"]) {
      await larimar("device", "create", id, "--data", server.server.directory);
    }
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const twin = (verb: string, ...args: string[]) =>
    larimar("twin", verb, ...args, "--data", server.server.directory);
  const json = async (verb: string, ...args: string[]): Promise<unknown> =>
    JSON.parse((await twin(verb, ...args, "--json")).out);

  test("change a twin, show it and find it", async () => {
    const tags = { site: "north", floor: 3 };
    const given = ["--tags", JSON.stringify(tags), "--desired", '{"fan":"on"}'];
    const changed = await json("update", "d1", ...given);
    expect(changed).toMatchObject({ tags, properties: { desired: { fan: "on" } } });
    expect(await json("show", "d1")).toEqual(changed);
    expect(await json("query", "SELECT deviceId FROM devices WHERE tags.floor > 2")).toEqual([
      { deviceId: "d1" },
    ]);
  });

  test("replace a twin while nobody else has changed it", async () => {
    const { etag } = (await json("show", "d2")) as { etag: string };
    const given = ["--replace", "--tags", '{"a":1}', "--etag", etag];
    expect(await json("update", "d2", ...given)).toMatchObject({ tags: { a: 1 } });
    const late = await twin("update", "d2", ...given);
    expect(late).toMatchObject({ code: 1, out: "" });
  });

  test("stop at the rows that are wanted, and say so", async () => {
    const { out } = await twin("query", "SELECT deviceId FROM devices", "--limit", "2");
    expect(out).toBe('{"deviceId":"d1"}\n{"deviceId":"d2"}\n(the first 2)\n');
    const nothing = await twin("query", "SELECT * FROM devices WHERE false");
    expect(nothing.out).toBe("Nothing was found.\n");
  });

  test("say where a query is wrong", async () => {
    const { code, err } = await twin("query", "SELECT * FROM devices WHERE tags.group = 1");
    expect(code).toBe(1);
    expect(err).toContain("line 1, column 34");
    expect(err).not.toContain("{");
  });

  test.each([
    ["update", "d1"],
    ["update", "d1", "--tags", "[]"],
    ["update", "d1", "--desired", "{"],
    ["query", "SELECT * FROM devices", "--limit", "none"],
  ])("refuse to %s what cannot be meant", async (verb, ...args) => {
    expect(await twin(verb, ...args)).toMatchObject({ code: 2, out: "" });
  });
});

describe("without a server", () => {
  test("commands say that none was started there", async () => {
    await using directory = await makeTemporaryDirectory();
    const { code, err } = await larimar("device", "list", "--data", directory.path);
    expect(code).toBe(1);
    expect(err).toContain(`No server was started in '${directory.path}' yet`);
  });

  test("commands say that it does not answer, once it is gone", async () => {
    await using directory = await makeTemporaryDirectory();
    const config = { ephemeral: false, data: directory.path };
    await (await startTestServer({ config }))[Symbol.asyncDispose]();
    const { code, err } = await larimar("device", "list", "--data", directory.path);
    expect(code).toBe(1);
    expect(err).toMatch(/^larimar: No server answers at https:\/\/localhost:\d+ \(ECONNREFUSED\)/);
  });

  test("commands say which hubs there are when the one they want is not", async () => {
    await using server = await startTestServer();
    const { code, err } = await larimar(
      ...["device", "list", "--data", server.server.directory, "--hub", "third"],
    );
    expect({ code, err }).toEqual({
      code: 1,
      err: "larimar: The server has no hub 'third'; it has: local.\n",
    });
  });
});

describe("reset", () => {
  test("deletes what a server made, and nothing else", async () => {
    await using directory = await makeTemporaryDirectory();
    const data = path.join(directory.path, "data");
    await (await startTestServer({ config: { ephemeral: false, data } }))[Symbol.asyncDispose]();
    const mine = path.join(data, "mine.txt");
    await writeFile(mine, "mine");
    expect(await larimar("reset", "--yes", "--data", data)).toMatchObject({ code: 0, err: "" });
    expect(Object.keys(await snapshotDirectory(data))).toEqual(["mine.txt"]);
    expect((await larimar("reset", "--yes", "--data", data)).err).toContain("There is no data in");
  });

  test("leaves nothing behind of a directory that held nothing else", async () => {
    await using directory = await makeTemporaryDirectory();
    const data = path.join(directory.path, "data");
    await (await startTestServer({ config: { ephemeral: false, data } }))[Symbol.asyncDispose]();
    expect((await larimar("reset", "--yes", "--data", data)).code).toBe(0);
    expect(await snapshotDirectory(directory.path)).toEqual({});
  });

  test("wants to be told that it is meant", async () => {
    await using directory = await makeTemporaryDirectory();
    await writeFile(path.join(directory.path, "state.db"), "");
    const { code, err } = await larimar("reset", "--data", directory.path);
    expect(code).toBe(2);
    expect(err).toContain("add --yes to do it");
    expect(Object.keys(await snapshotDirectory(directory.path))).toEqual(["state.db"]);
  });

  test("refuses while a server uses the directory", async () => {
    await using directory = await makeTemporaryDirectory();
    const data = directory.path;
    await using server = await startTestServer({ config: { ephemeral: false, data } });
    const { code, err } = await larimar("reset", "--yes", "--data", data);
    expect({ code, err }).toEqual({
      code: 1,
      err: `larimar: The data directory '${data}' is in use by another server.\n`,
    });
    await server.client().createDevice("still-there");
  });
});

describe("config print", () => {
  test("shows what a start would use, secrets masked", async () => {
    const { code, out } = await larimar(
      ...["config", "print", "--mqtt-port", "1883", "--admin-token", "0123456789abcdef"],
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ mqttPort: 1883, adminToken: "********" });
    expect(out).not.toContain("0123456789abcdef");
  });

  test("names every problem with the exit code for bad usage", async () => {
    expect(await larimar("config", "print", "--mqtt-port", "x", "--amqp-port", "y")).toEqual({
      code: 2,
      out: "",
      err:
        "larimar: --mqtt-port must be a whole number from 0 to 65535; " +
        "--amqp-port must be a whole number from 0 to 65535.\n",
    });
  });
});
