import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { printConfig } from "../print-config.ts";
import type { Config } from "./config-schema.ts";
import { readConfigSources } from "./config-sources.ts";
import { OPTIONS, describeOptions } from "./options.ts";
import { ConfigError, parseConfig } from "./parse-config.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "larimar-config-"));
});
afterAll(() => rm(directory, { recursive: true }));

interface Given {
  args?: string[];
  environment?: Record<string, string>;
  file?: unknown;
}

async function read({ args = [], environment = {}, file }: Given): Promise<Config> {
  const withFile = file === undefined ? args : [...args, "--config", await writeConfig(file)];
  return parseConfig(await readConfigSources(withFile, environment));
}

async function problemsOf(given: Given): Promise<readonly string[]> {
  const error: unknown = await read(given).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems;
}

async function writeConfig(content: unknown): Promise<string> {
  const file = path.join(directory, "larimar.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

describe("a server without options", () => {
  test("listens on loopback at the ports SDKs know and keeps its data", async () => {
    const config = await read({});
    expect(config).toMatchObject({
      data: "larimar-data",
      ephemeral: false,
      host: ["localhost"],
      mqttPort: 8883,
      amqpPort: 5671,
      httpsPort: 443,
      partitions: 4,
      strictHosts: false,
      logLevel: "info",
    });
    expect(config.bind).toBeUndefined();
    expect(config.hub).toBeUndefined();
  });
});

describe("every source of options", () => {
  const expected = {
    data: "d",
    ephemeral: true,
    host: ["hub.example", "10.0.0.1"],
    bind: ["0.0.0.0", "::1"],
    mqttPort: 0,
    amqpPort: 1,
    httpsPort: 2,
    hub: ["first", "second"],
    partitions: 32,
    retentionHours: 0.5,
    retentionMib: 100,
    fileStorage: "AccountName=files;AccountKey=a2V5;BlobEndpoint=https://files.example/files",
    fileContainer: "from-devices",
    strictHosts: true,
    enforceTiers: true,
    faultInjection: true,
    ca: "ca.pem",
    cert: "cert.pem",
    key: "key.pem",
    trust: ["other.pem"],
    adminToken: "0123456789abcdef",
    oidcIssuer: "https://login.example/tenant",
    oidcAudience: "https://iothubs.azure.net",
    logLevel: "debug",
  };

  test("holds every option", () => {
    expect(Object.keys(expected).toSorted()).toEqual(OPTIONS.map(({ key }) => key).toSorted());
  });

  test("flags say it all", async () => {
    const args = Object.entries(expected).flatMap(([key, value]) => {
      const flag = OPTIONS.find((option) => option.key === key)!.flag;
      return value === true ? [flag] : [value].flat().flatMap((item) => [flag, String(item)]);
    });
    expect(await read({ args })).toEqual(expected);
  });

  test("the environment says it all", async () => {
    const environment = Object.fromEntries(
      OPTIONS.map(({ key, environmentName }) => [environmentName, String(expected[key])]),
    );
    expect(environment).toHaveProperty("LARIMAR_MQTT_PORT", "0");
    expect(environment).toHaveProperty("LARIMAR_HOST", "hub.example,10.0.0.1");
    expect(await read({ environment })).toEqual(expected);
  });

  test("a config file says it all", async () => {
    expect(await read({ file: expected })).toEqual(expected);
  });

  test("a config file can be named in the environment", async () => {
    const environment = { LARIMAR_CONFIG: await writeConfig({ mqttPort: 1883 }) };
    expect(await read({ environment })).toMatchObject({ mqttPort: 1883 });
  });
});

test("flags win over the environment, which wins over the config file, one by one", async () => {
  const config = await read({
    file: { mqttPort: 1, amqpPort: 1, httpsPort: 1, hub: ["file"], host: "file.example" },
    environment: { LARIMAR_MQTT_PORT: "2", LARIMAR_AMQP_PORT: "3", LARIMAR_HUB: "environment" },
    args: ["--mqtt-port=4", "--hub", "flag", "--hub=other"],
  });
  expect(config).toMatchObject({
    mqttPort: 4,
    amqpPort: 3,
    httpsPort: 1,
    hub: ["flag", "other"],
    host: ["file.example"],
  });
});

test("a switch can be turned off where a weaker source turned it on", async () => {
  const environment = { LARIMAR_EPHEMERAL: "true" };
  expect(await read({ environment, args: ["--ephemeral=false"] })).toMatchObject({
    ephemeral: false,
  });
});

test("an empty variable counts as none", async () => {
  expect(await read({ environment: { LARIMAR_DATA: "", LARIMAR_CONFIG: "" } })).toMatchObject({
    data: "larimar-data",
  });
});

test("variables with which Kubernetes describes a service called larimar are not options", async () => {
  const environment = {
    LARIMAR_SERVICE_HOST: "10.0.0.1",
    LARIMAR_PORT: "tcp://10.0.0.1:8883",
    LARIMAR_PORT_8883_TCP_ADDR: "10.0.0.1",
  };
  expect(await read({ environment })).toMatchObject({ mqttPort: 8883 });
});

describe("problems", () => {
  test("are told all together, each by the name of its source", async () => {
    const problems = await problemsOf({
      file: { logLevel: "loud", hubs: [] },
      environment: { LARIMAR_AMQP_PORT: "x", LARIMAR_AMPQ_PORT: "5671" },
      args: ["--mqtt-port", "70000", "--bnd=::1", "--data", "--key=k", "stray"],
    });
    expect(problems).toHaveLength(8);
    expect(problems).toEqual(
      expect.arrayContaining([
        "LARIMAR_AMPQ_PORT is not an option",
        "--bnd is not an option",
        "--data needs a value",
        "'stray' is not expected here",
        "--mqtt-port must be a whole number from 0 to 65535",
        "LARIMAR_AMQP_PORT must be a whole number from 0 to 65535",
        expect.stringMatching(/^logLevel in .*larimar\.json must be trace, debug, info,/),
        expect.stringMatching(/^hubs in .*larimar\.json is not an option$/),
      ]),
    );
  });

  test.each<[string[], string]>([
    [["--host", "a b"], "--host must be host names or addresses, without port"],
    [["--host", "h:443"], "--host must be host names or addresses, without port"],
    [["--bind", "localhost"], "--bind must be IP addresses, 0.0.0.0 serves a network"],
    [["--hub", "x_"], "--hub must be 1 to 50 letters, digits and inner hyphens"],
    [["--hub", "a", "--hub", "A"], "--hub must not repeat a name"],
    [["--partitions", "0"], "--partitions must be a whole number from 1 to 128"],
    [["--partitions", "1.5"], "--partitions must be a whole number from 1 to 128"],
    [["--mqtt-port", ""], "--mqtt-port needs a value"],
    [["--ephemeral=maybe"], "--ephemeral must be true or false"],
    [["--cert", "c"], "--cert and --key must be given together"],
    [["--ca", "c"], "--ca is for use with a certificate of your own"],
    [
      ["--file-storage", "AccountName=a;AccountKey=a2V5;BlobEndpoint=http://h/a"],
      "--file-storage must be built-in or the connection string of a storage account, with https",
    ],
    [["--file-container", "uploads"], "--file-container is for use with a file storage"],
    [
      ["--file-storage", "built-in", "--file-container", "Up_Loads"],
      "--file-container must be 3 to 63 lower-case letters, digits and single inner hyphens",
    ],
    [
      ["--mqtt-port", "1", "--amqp-port", "1"],
      "--mqtt-port and --amqp-port must be different ports",
    ],
    [
      ["--admin-token", "short"],
      "--admin-token must be at least 16 printable characters without spaces",
    ],
    [["-x"], "-x is not an option"],
  ])("%j: %s", async (args, problem) => {
    expect(await problemsOf({ args })).toEqual([problem]);
  });

  test("of a config file name the file", async () => {
    const missing = path.join(directory, "missing.json");
    expect(await problemsOf({ args: ["--config", missing] })).toEqual([
      `config file ${missing} cannot be read (ENOENT)`,
    ]);
    for (const content of ["{", "[]", "3"]) {
      expect(await problemsOf({ file: content })).toEqual([
        expect.stringMatching(/^config file .* does not hold a JSON object$/),
      ]);
    }
  });

  test("of one option do not hide a conflict between others", async () => {
    expect(await problemsOf({ args: ["--cert", "c", "--mqtt-port", "x"] })).toEqual([
      "--mqtt-port must be a whole number from 0 to 65535",
      "--cert and --key must be given together",
    ]);
  });

  test("do not come from a `__proto__` in a config file", async () => {
    expect(await problemsOf({ file: '{"__proto__": {"data": "x"}}' })).toEqual([
      expect.stringMatching(/^__proto__ in .* is not an option$/),
    ]);
  });
});

test("the reference names every option in every spelling it needs", () => {
  const reference = describeOptions();
  for (const { flag } of OPTIONS) expect(reference).toContain(`${flag} `);
  expect(reference).toMatch(/--mqtt-port PORT .*\(default: 8883\)/);
  expect(reference).toMatch(/--hub NAME .*\(repeatable\)/);
});

test("printed options can be used as a config file, and hide secrets", async () => {
  const args = ["--mqtt-port", "1", "--admin-token", "0123456789abcdef"];
  const account = "AccountName=a;AccountKey=c2VjcmV0";
  expect(await printConfig(["--file-storage", account], {})).not.toContain("c2VjcmV0");
  const printed = await printConfig(args, {});
  expect(printed).not.toContain("0123456789abcdef");
  expect(JSON.parse(printed)).toMatchObject({ mqttPort: 1, adminToken: "********" });
  const { adminToken: _, ...rest } = JSON.parse(printed) as Record<string, unknown>;
  expect(await read({ file: rest })).toEqual(await read({ args: ["--mqtt-port", "1"] }));
});
