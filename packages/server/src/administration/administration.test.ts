import { readFile } from "node:fs/promises";
import { connect } from "node:tls";
import { applyBulk } from "@larimar/domain";
import { openStorage } from "@larimar/storage";
import type { TestServer } from "@larimar/testkit";
import { HubClient, makeTemporaryDirectory, startTestServer } from "@larimar/testkit";
import { describe, expect, test } from "vitest";
import type { ConnectionInfo } from "../connection/connection-info.ts";

const published = async ({ server }: TestServer): Promise<ConnectionInfo> =>
  JSON.parse(await readFile(server.connectionFile, "utf8")) as ConnectionInfo;

const CREATE = {
  mode: "create",
  condition: undefined,
  identity: {},
  twin: {},
  twinCondition: undefined,
} as const;

const create = (started: TestServer, name: string) =>
  started.server.administration.hubLifecycle.create({ name });

const startIn = (data: string, config: object = {}) =>
  startTestServer({ config: { ephemeral: false, data, ...config } });

describe("a hub that is created while the server runs", () => {
  test("is served at once, under a name that clients trust, and published", async () => {
    await using started = await startTestServer();
    await create(started, "second");
    const connection = await published(started);
    expect(connection).toEqual(started.server.connection);
    expect(connection.hubs.map(({ name }) => name)).toEqual(["local", "second"]);
    const client = HubClient.fromConnection(connection, { hubName: "second" });
    expect(await client.createDevice("press")).toMatchObject({ deviceId: "press" });
    expect((await started.client().call({ method: "GET", path: "/devices/press" })).status).toBe(
      404,
    );
    const { ports } = started.server;
    const socket = connect({
      host: "127.0.0.1",
      port: ports.mqtt,
      servername: "second.localhost",
      ca: client.caPem,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", () => resolve());
      socket.once("error", reject);
    });
    socket.destroy();
  });

  test("is there at the next start, with its devices and keys", async () => {
    await using directory = await makeTemporaryDirectory();
    const keysOf = ({ server }: TestServer) => server.hubs.find("second")?.settings.policies;
    const first = await startIn(directory.path);
    await create(first, "second");
    await first.client("second").createDevice("press");
    const keys = keysOf(first);
    await first[Symbol.asyncDispose]();
    await using again = await startIn(directory.path);
    expect(keysOf(again)).toEqual(keys);
    const found = await again.client("second").call({ method: "GET", path: "/devices/press" });
    expect(found.status).toBe(200);
  });

  test.each(["", "-a", "a_b", "x".repeat(51)])("is not called %j", async (name) => {
    await using started = await startTestServer();
    await expect(create(started, name)).rejects.toMatchObject({ code: "ArgumentInvalid" });
    expect((await published(started)).hubs).toHaveLength(1);
  });

  test("has a name of its own, and of several that want it one gets it", async () => {
    await using started = await startTestServer();
    const taken = { code: "HubAlreadyExists" };
    await expect(create(started, "LOCAL")).rejects.toMatchObject(taken);
    const outcomes = await Promise.allSettled([create(started, "two"), create(started, "Two")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });
});

describe("a hub that is deleted while the server runs", () => {
  test("is gone with everything in it, and another of its name begins anew", async () => {
    await using started = await startTestServer();
    await create(started, "second");
    const client = HubClient.fromConnection(started.server.connection, { hubName: "second" });
    await client.createDevice("press");
    const { hubs, administration } = started.server;
    const hub = hubs.find("second")!;
    await hub.twins.update({ deviceId: "press" }, { tags: { hall: 3 } }, "any");
    await administration.hubLifecycle.delete("Second");
    expect(hubs.find("second")).toBeUndefined();
    expect((await published(started)).hubs.map(({ name }) => name)).toEqual(["local"]);
    const anew = await create(started, "second");
    expect(await anew.devices.list(10)).toEqual([]);
    await anew.devices.create({ deviceId: "press" });
    expect((await anew.twins.get({ deviceId: "press" })).tags).toEqual({});
    const unknown = administration.hubLifecycle.delete("third");
    await expect(unknown).rejects.toMatchObject({ code: "HubNotFound" });
  });

  test("is not written to by calls that were under way, and neither is the next of its name", async () => {
    await using started = await startTestServer();
    await create(started, "second");
    const { hubs, administration } = started.server;
    const hub = hubs.find("second")!;
    const deviceIds = Array.from({ length: 100 }, (_, n) => `d${n}`);
    const items = deviceIds.map((deviceId) => ({ key: { deviceId }, ...CREATE }));
    const bulk = applyBulk(hub, items);
    await administration.hubLifecycle.delete("second");
    await bulk;
    const gone = { code: "HubNotFound" };
    await expect(hub.devices.create({ deviceId: "late" })).rejects.toMatchObject(gone);
    const { errors } = await applyBulk(hub, items);
    expect(errors.map(({ error }) => error.code)).toEqual(items.map(() => "HubNotFound"));
    const anew = await create(started, "second");
    await expect(hub.devices.create({ deviceId: "late" })).rejects.toMatchObject(gone);
    expect(await anew.devices.list(10)).toEqual([]);
  });

  test("leaves the names of the server to the next one", async () => {
    await using started = await startTestServer();
    await create(started, "second");
    const { hubs, administration } = started.server;
    await administration.hubLifecycle.delete("local");
    expect(hubs.resolve("localhost")).toBe(hubs.find("second"));
    expect((await published(started)).hubs).toMatchObject([
      { name: "second", hostName: "localhost" },
    ]);
    await administration.hubLifecycle.delete("second");
    expect(hubs.resolve("localhost")).toBeUndefined();
    expect((await published(started)).hubs).toEqual([]);
  });

  test("is not linked to provisioning services any more", async () => {
    await using started = await startTestServer();
    await create(started, "second");
    const service = started.server.provisioning.find("local-dps")!;
    expect(service.settings.linkedHubs).toMatchObject([{ hubName: "local" }]);
    await started.server.administration.hubLifecycle.delete("local");
    expect(service.settings.linkedHubs).toEqual([]);
  });

  test("is finished off at the next start when the server ended on the way", async () => {
    await using directory = await makeTemporaryDirectory();
    const first = await startIn(directory.path, { hub: ["keep", "goes"] });
    await first.client("goes").createDevice("press");
    const service = first.server.provisioning.list()[0]!;
    await service.configuration.change({ isDeleted: true });
    await first.server.hubs.find("goes")!.configuration.change({ isDeleted: true });
    await first[Symbol.asyncDispose]();
    await using again = await startIn(directory.path);
    expect(again.connection.hubs.map(({ name }) => name)).toEqual(["keep"]);
    const [fresh] = again.connection.provisioning;
    expect(fresh?.idScope).not.toBe(service.settings.idScope);
    const { hubLifecycle } = again.server.administration;
    const anew = await hubLifecycle.create({ name: "goes" });
    expect(await anew.devices.list(10)).toEqual([]);
  });

  test("can be deleted again when its data could not be removed at first", async () => {
    let isBroken = true;
    const openFlaky: typeof openStorage = async (options) => {
      const storage = await openStorage(options);
      return {
        ...storage,
        eraseHub: async (name) => {
          if (isBroken && name === "local") throw new Error("the disk is full");
          await storage.eraseHub(name);
        },
      };
    };
    await using started = await startTestServer({ parts: { openStorage: openFlaky } });
    const { hubLifecycle } = started.server.administration;
    await expect(hubLifecycle.delete("local")).rejects.toThrow("the disk is full");
    expect(await hubLifecycle.isTaken("local")).toBe(true);
    expect(started.server.hubs.find("local")).toBeUndefined();
    isBroken = false;
    await hubLifecycle.delete("local");
    expect(await hubLifecycle.isTaken("local")).toBe(false);
  });
});

test("connection.json follows keys that change", async () => {
  await using started = await startTestServer();
  const { hubs, administration } = started.server;
  const policies = hubs.find("local")!.settings.policies.slice(0, 1);
  await hubs.find("local")!.configuration.change({ policies });
  await administration.published();
  expect(Object.keys((await published(started)).hubs[0]!.connectionStrings)).toEqual([
    "iothubowner",
  ]);
});

test("provisioning services come and go as hubs do", async () => {
  await using started = await startTestServer();
  const { provisioning, administration } = started.server;
  const { provisioningLifecycle } = administration;
  const service = await provisioningLifecycle.create("factory");
  await service.enrollmentGroups.put({
    id: "line",
    attestation: { type: "symmetricKey" },
  });
  const found = (await published(started)).provisioning.find(({ name }) => name === "factory");
  expect(found).toMatchObject({ hostName: "factory.localhost", idScope: service.settings.idScope });
  expect(provisioning.findByScope(service.settings.idScope)).toBe(service);
  await expect(provisioningLifecycle.create("FACTORY")).rejects.toMatchObject({
    code: "ServiceAlreadyExists",
  });
  await provisioningLifecycle.delete("factory");
  const late = service.enrollmentGroups.put({
    id: "late",
    attestation: { type: "symmetricKey" },
  });
  await expect(late).rejects.toMatchObject({ code: "ServiceNotFound" });
  expect(provisioning.find("factory")).toBeUndefined();
  const anew = await provisioningLifecycle.create("factory");
  expect(anew.settings.idScope).not.toBe(service.settings.idScope);
  await expect(anew.enrollmentGroups.get("line")).rejects.toMatchObject({
    code: "EnrollmentNotFound",
  });
});
