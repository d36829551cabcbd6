import { readFile } from "node:fs/promises";
import type { TestServer } from "@larimar/testkit";
import { HubClient, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommandLine } from "./run-command.ts";

interface Outcome {
  code: number;
  out: string;
  err: string;
}

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

async function larimar(...args: string[]): Promise<Outcome> {
  const outcome = { code: -1, out: "", err: "" };
  outcome.code = await runCommandLine({
    args: [...args, "--data", server.server.directory],
    environment: {},
    print: (text) => (outcome.out += `${text}\n`),
    complain: (text) => (outcome.err += `${text}\n`),
  });
  return outcome;
}

async function json<Value = unknown>(...args: string[]): Promise<Value> {
  const { out, err } = await larimar(...args, "--json");
  expect(err).toBe("");
  return JSON.parse(out) as Value;
}

const linesOf = ({ out }: Outcome) =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));

describe("larimar hub", () => {
  test("makes a hub that other commands use at once, shows it, and deletes it", async () => {
    const made = await larimar("hub", "create", "second", "--partitions", "2");
    expect(made).toMatchObject({ code: 0, err: "" });
    const [, connectionString] = /\n {2}(HostName=second\.localhost;.+)\n/.exec(made.out)!;
    expect(await larimar("hub", "connection-string", "--hub", "second")).toMatchObject({
      out: `${connectionString}\n`,
    });
    expect(linesOf(await larimar("hub", "list"))).toEqual([
      ["HUB", "HOST NAME", "PARTITIONS", "TIER", "LOCATION"],
      ["local", "localhost", "4", "S1", "local"],
      ["second", "second.localhost", "2", "S1", "local"],
    ]);
    expect(await json("hub", "show", "second")).toMatchObject({
      name: "second",
      properties: { hostName: "second.localhost" },
    });
    expect(await larimar("device", "create", "press", "--hub", "second")).toMatchObject({
      code: 0,
    });
    expect((await larimar("env", "--hub", "second")).out).toContain(connectionString);
    expect(await larimar("hub", "create", "Second")).toEqual({
      code: 1,
      out: "",
      err: "larimar: There is a hub 'Second' already.\n",
    });
    expect(await larimar("hub", "delete", "second")).toMatchObject({ code: 2 });
    expect(await json("hub", "delete", "second", "--yes")).toEqual({
      name: "second",
      isDeleted: true,
    });
    expect(await larimar("hub", "delete", "second", "--yes")).toMatchObject({ code: 1 });
    expect(await larimar("env", "--hub", "second")).toMatchObject({ code: 1 });
  });

  test("shows keys, and makes new ones that count at once", async () => {
    const before = await json<{ primaryKey: string; secondaryKey: string }[]>(
      ...["hub", "keys", "--policy", "service"],
    );
    const after = await json<typeof before>(
      ...["hub", "keys", "--policy", "service", "--regenerate", "primary"],
    );
    expect(after).toMatchObject([{ keyName: "service", secondaryKey: before[0]!.secondaryKey }]);
    expect(after[0]!.primaryKey).not.toBe(before[0]!.primaryKey);
    const file = await readFile(server.server.connectionFile, "utf8");
    expect(file).toContain(after[0]!.primaryKey);
    expect(file).not.toContain(before[0]!.primaryKey);
    expect(linesOf(await larimar("hub", "keys"))[0]).toEqual([
      ...["POLICY", "PRIMARY KEY", "SECONDARY KEY", "RIGHTS"],
    ]);
    for (const [args, code] of [
      [["--regenerate", "all", "--policy", "service"], 2],
      [["--regenerate", "both"], 2],
      [["--policy", "nobody"], 1],
    ] as const) {
      expect(await larimar("hub", "keys", ...args)).toMatchObject({ code, out: "" });
    }
  });

  test("makes, lists and deletes consumer groups", async () => {
    const group = (verb: string, ...args: string[]) =>
      larimar("hub", "consumer-group", verb, ...args);
    expect(await group("create", "billing")).toMatchObject({ code: 0 });
    expect(await group("list")).toMatchObject({ out: "$Default\nbilling\n" });
    expect(await group("delete", "billing")).toMatchObject({ code: 0 });
    expect(await group("delete", "billing")).toMatchObject({ code: 1 });
    expect(await group("delete", "$Default")).toMatchObject({
      code: 1,
      err: "larimar: Consumer group '$Default' cannot be removed.\n",
    });
    expect(await group("create", "no/name")).toMatchObject({ code: 1 });
    expect(await json("hub", "consumer-group", "list")).toEqual(["$Default"]);
  });

  test("refuses what makes no sense, in one line", async () => {
    for (const [args, code] of [
      [["create", "a_b"], 1],
      [["create", "x", "--partitions", "none"], 2],
      [["create", "x", "--partitions", "999"], 1],
      [["show", "nobody"], 1],
      [["connection-string", "--policy", "nobody"], 1],
      [["create"], 2],
    ] as const) {
      const outcome = await larimar("hub", ...args);
      expect({ args, ...outcome }).toMatchObject({ args, code, out: "" });
      expect(outcome.err).toMatch(/^larimar: .+\n$/);
    }
    expect((await json<object[]>("hub", "list")).length).toBe(1);
  });
});

describe("larimar dps", () => {
  test("makes a service, links hubs and unlinks them", async () => {
    expect(await larimar("dps", "create", "factory", "--allocation", "static")).toMatchObject({
      code: 0,
      err: "",
    });
    expect(await larimar("dps", "link", "local", "--dps", "factory", "--weight", "3")).toEqual({
      code: 0,
      out: "Provisioning service factory gives devices to: localhost.\n",
      err: "",
    });
    const remote = "HostName=far.example;SharedAccessKeyName=owner;SharedAccessKey=a2V5";
    expect(await larimar("dps", "link", remote, "--dps", "factory")).toMatchObject({ code: 0 });
    expect(await json("dps", "show", "factory")).toMatchObject({
      properties: {
        allocationPolicy: "Static",
        iotHubs: [
          { name: "localhost", allocationWeight: 3 },
          { name: "far.example", connectionString: expect.stringMatching(/=\*{4}$/) as string },
        ],
      },
    });
    expect(server.server.provisioning.find("factory")!.settings.linkedHubs).toMatchObject([
      { hubName: "local" },
      { connectionString: remote },
    ]);
    expect(await larimar("dps", "unlink", "local", "--dps", "factory")).toMatchObject({ code: 0 });
    expect(await larimar("dps", "unlink", "local", "--dps", "factory")).toMatchObject({ code: 1 });
    expect(await larimar("dps", "link", "nonsense=1", "--dps", "factory")).toMatchObject({
      code: 1,
    });
    expect(linesOf(await larimar("dps", "list"))[2]).toEqual([
      "factory",
      server.server.provisioning.find("factory")!.settings.idScope,
      "Static",
      "far.example",
    ]);
    expect(await larimar("dps", "delete", "factory")).toMatchObject({ code: 2 });
    expect(await larimar("dps", "delete", "factory", "--yes")).toMatchObject({ code: 0 });
    expect(server.server.provisioning.find("factory")).toBeUndefined();
  });

  test("enrolls devices and groups, tells their keys, and forgets them", async () => {
    const enrollment = (verb: string, ...args: string[]) =>
      json<Record<string, unknown>>("dps", "enrollment", verb, ...args);
    const made = await enrollment("create", "press", "--device-id", "press-1");
    expect(made).toMatchObject({ enrollment: { registrationId: "press", deviceId: "press-1" } });
    expect(made["primaryKey"]).toMatch(/^[\w+/]{40,}=*$/);
    await enrollment("create", "line", "--group");
    expect(await enrollment("list")).toMatchObject({
      individuals: [{ registrationId: "press" }],
      groups: [{ enrollmentGroupId: "line" }],
    });
    expect(linesOf(await larimar("dps", "enrollment", "list"))).toContainEqual([
      ...["line", "group", "symmetricKey", "enabled"],
    ]);
    expect(await enrollment("show", "press")).toMatchObject({
      attestation: { symmetricKey: { primaryKey: made["primaryKey"] } },
    });
    await enrollment("delete", "press");
    await enrollment("delete", "line", "--group");
    expect(await enrollment("list")).toEqual({ individuals: [], groups: [] });
    expect(await larimar("dps", "enrollment", "show", "press")).toMatchObject({ code: 1 });
    expect(
      await larimar("dps", "enrollment", "create", "l", "--group", "--device-id", "d"),
    ).toMatchObject({ code: 2 });
  });

  test("makes new keys that count at once", async () => {
    const keys = ["dps", "keys", "--policy", "provisioningserviceowner"];
    const [before] = await json<{ primaryKey: string }[]>(...keys);
    const [after] = await json<{ primaryKey: string }[]>(...keys, "--regenerate", "both");
    expect(after!.primaryKey).not.toBe(before!.primaryKey);
    expect(await larimar("dps", "enrollment", "list")).toMatchObject({ code: 0 });
  });
});

describe("larimar send and method", () => {
  test("sends telemetry as a device, and commands to one", async () => {
    const { connection } = server.server;
    const client = HubClient.fromConnection(connection);
    await client.createDevice("oven");
    const { events, commands } = server.server.hubs.find("local")!;
    const count = () =>
      events.partitionIds.reduce((sum, id) => sum + events.partitionState(id).lastPosition + 1, 0);
    const before = count();
    expect(
      await larimar("send", "--from", "oven", "hot", "--properties", "level=high,unit=C"),
    ).toMatchObject({ code: 0, err: "" });
    expect(count()).toBe(before + 1);
    expect(await json("send", "oven", "cool down")).toEqual({
      deviceId: "oven",
      kind: "command",
      isSent: true,
    });
    expect(await commands.count({ deviceId: "oven" })).toBe(1);
    for (const [args, code] of [
      [["send", "nobody", "x"], 1],
      [["send", "--from", "nobody", "x"], 1],
      [["send", "oven", "x", "--properties", "no pair"], 2],
      [["method", "oven", "reboot", "--payload", "{"], 2],
      [["method", "oven", "reboot", "--timeout", "soon"], 2],
    ] as const) {
      expect({ args, ...(await larimar(...args)) }).toMatchObject({ args, code, out: "" });
    }
  });

  test("invokes a method, and says why when it cannot", async () => {
    const client = HubClient.fromConnection(server.server.connection);
    await client.createDevice("belt");
    expect(await larimar("method", "belt", "stop")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^larimar: .*not online/i) as string,
    });
    const hub = server.server.hubs.find("local")!;
    const asked: unknown[] = [];
    const session = hub.sessions.open({
      authenticated: {
        identity: { deviceId: "belt" },
        generationId: "1",
        authMethod: { scope: "device", type: "sas" },
        expiresAtMs: undefined,
      },
      protocol: "mqtt",
      connection: { close: () => {} },
    });
    session.methods = {
      invoke: (request) => {
        asked.push(request);
        const response = Promise.resolve({ status: 201, payload: { stopped: true } });
        return { response, abandon: () => {} };
      },
    };
    expect(await json("method", "belt", "stop", "--payload", '{"at":1}')).toEqual({
      status: 201,
      payload: { stopped: true },
    });
    expect(asked).toEqual([{ name: "stop", payload: { at: 1 } }]);
  });
});
