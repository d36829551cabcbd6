import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { HubClient, ServerProcess, TestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import type { AllocationWebhook } from "../support/provisioning/allocation-webhook.ts";
import { answerWith, startAllocationWebhook } from "../support/provisioning/allocation-webhook.ts";
import { LightProvisioning } from "../support/provisioning/light-provisioning.ts";
import { ProvisioningClient } from "../support/provisioning/provisioning-client.ts";
import type { TwoServers } from "../support/provisioning/two-servers.ts";
import { startTwoServers } from "../support/provisioning/two-servers.ts";

// The clients know no other ports than 443, 8883 and 5671.
const ADDRESS = "127.0.0.104";
const ELSEWHERE = "127.0.0.105";
const TRANSPORTS = ["Mqtt", "MqttWs", "Amqp", "AmqpWs", "Http"] as const;

let servers: TwoServers;
let elsewhere: ServerProcess;
let server: TestServer;
let clients: ProvisioningClient;
let light: LightProvisioning;
let webhook: AllocationWebhook;
/** Host names, and who to ask about what is in the hub. */
let hubs: Record<"near" | "far" | "elsewhere", { name: string; client: HubClient }>;

beforeAll(async () => {
  servers = await startTwoServers({ here: ADDRESS, elsewhere: ELSEWHERE });
  ({ server, elsewhere } = servers);
  const entry = (client: HubClient) => ({ name: client.hub.hostName, client });
  hubs = {
    near: entry(server.client("near")),
    far: entry(server.client("far")),
    elsewhere: entry(elsewhere.client()),
  };
  await linkElsewhere(elsewhere.connection.hubs[0]!.connectionStrings["iothubowner"]!);
  // Devices trust both servers.
  const caFile = path.join(servers.directory, "both.pem");
  const authorities = [server.connection.caFile, elsewhere.connection.caFile];
  await writeFile(caFile, await Promise.all(authorities.map((file) => readFile(file, "utf8"))));
  clients = new ProvisioningClient({ ...server.connection, caFile });
  light = new LightProvisioning(server.connection, ADDRESS);
  webhook = await startAllocationWebhook();
});
afterAll(async () => {
  await webhook?.[Symbol.asyncDispose]();
  light?.[Symbol.dispose]();
  await clients?.[Symbol.asyncDispose]();
  await servers?.[Symbol.asyncDispose]();
});

async function linkElsewhere(connectionString: string): Promise<void> {
  const { configuration, settings } = server.server.provisioning.list()[0]!;
  const others = settings.linkedHubs.filter(({ hubName }) => hubName !== undefined);
  const linked = {
    hostName: hubs.elsewhere.name,
    aliases: [],
    hubName: undefined,
    connectionString,
    location: "elsewhere",
    allocationWeight: 1,
    applyAllocationPolicy: false,
  };
  await configuration.change({ linkedHubs: [...others, linked] });
}

const key = randomBytes(32).toString("base64");

async function enroll(registrationId: string, members: object): Promise<void> {
  const symmetricKey = { primaryKey: key, secondaryKey: randomBytes(32).toString("base64") };
  const outcome = await clients.service("createOrUpdateIndividualEnrollment", {
    registrationId,
    attestation: { type: "symmetricKey", symmetricKey },
    ...members,
  });
  if ("error" in outcome) throw new Error(outcome.message);
}

const custom = () => ({
  allocationPolicy: "custom",
  customAllocationDefinition: { webhookUrl: webhook.url, apiVersion: "2021-10-01" },
});

const register = (registrationId: string, payload?: unknown) =>
  light.register(registrationId, { key }, payload === undefined ? {} : { payload });

const assignedTo = (hub: keyof typeof hubs, substatus = "initialAssignment") => ({
  status: 200,
  body: { status: "assigned", registrationState: { assignedHub: hubs[hub].name, substatus } },
});
const failedWith = (errorCode: number, errorMessage = expect.any(String) as unknown) => ({
  status: 200,
  body: { status: "failed", registrationState: { status: "failed", errorCode, errorMessage } },
});

async function inHub(hub: keyof typeof hubs, what: "devices" | "twins", deviceId: string) {
  return hubs[hub].client.call({ method: "GET", path: `/${what}/${deviceId}` });
}

async function expectNowhere(deviceId: string): Promise<void> {
  for (const hub of ["near", "far", "elsewhere"] as const) {
    expect((await inHub(hub, "devices", deviceId)).status).toBe(404);
  }
}

describe("allocation", () => {
  test("is to the one hub that the enrollment names, when it is static", async () => {
    await enroll("static", { allocationPolicy: "static", iotHubs: [hubs.far.name] });
    expect(await register("static")).toMatchObject(assignedTo("far"));
  });

  test("is to the hub that answers soonest, when latency counts", async () => {
    const iotHubs = [hubs.near.name, hubs.elsewhere.name];
    await enroll("soonest", { allocationPolicy: "geoLatency", iotHubs });
    expect(await register("soonest")).toMatchObject(assignedTo("near"));
  });

  test("to a hub that is not linked fails", async () => {
    await enroll("unlinked", { allocationPolicy: "static", iotHubs: ["other.example"] });
    expect(await register("unlinked")).toMatchObject(failedWith(400208));
    await expectNowhere("unlinked");
  });
});

const gridTransports = {
  Mqtt: "MQTT",
  MqttWs: "MQTT over WebSockets",
  Amqp: "AMQP",
  AmqpWs: "AMQP over WebSockets",
  Http: "HTTPS",
} as const;

describe("an allocation webhook", () => {
  test(
    "hears of the device and what it says, and answers it, by every transport",
    cell(
      ...TRANSPORTS.map((transport) => ({
        sdk: "azure-iot-provisioning-device (Node)" as const,
        transport: gridTransports[transport],
        feature: "payload both ways" as const,
      })),
    ),
    async () => {
      webhook.answer = (response, { body }) => {
        const { registrationId, payload } = body.deviceRuntimeContext;
        const twin = { tags: { by: "webhook" }, properties: { desired: { for: registrationId } } };
        const answer = { iotHubHostName: hubs.far.name, payload: { echo: payload, grüße: "ä€" } };
        answerWith(200, { ...answer, initialTwin: twin })(response);
      };
      const registrations = TRANSPORTS.map(async (transport) => {
        const registrationId = `asked-${transport.toLowerCase()}`;
        await enroll(registrationId, { ...custom(), initialTwin: { tags: { by: "enrollment" } } });
        const payload = { model: "t-1000", by: transport, größe: 3 };
        const security = { kind: "key", key } as const;
        const outcome = await clients.register({ transport, registrationId, security, payload });
        expect(outcome).toMatchObject({
          result: { assignedHub: hubs.far.name, payload: { echo: payload, grüße: "ä€" } },
        });
        const asked = webhook.questions.find(
          ({ body }) => body.deviceRuntimeContext["registrationId"] === registrationId,
        );
        expect(asked).toMatchObject({
          method: "POST",
          url: "/allocate?code=secret",
          headers: { "content-type": "application/json; charset=utf-8" },
          body: {
            individualEnrollment: { registrationId, allocationPolicy: "custom" },
            deviceRuntimeContext: { registrationId, symmetricKey: {}, payload },
            linkedHubs: [hubs.near.name, hubs.far.name],
          },
        });
        expect(JSON.stringify(asked)).not.toContain(key);
        expect((await inHub("far", "twins", registrationId)).body).toMatchObject({
          tags: { by: "webhook" },
          properties: { desired: { for: registrationId } },
        });
      });
      await Promise.all(registrations);
    },
  );

  test("hears where the device is when it comes back", async () => {
    webhook.answer = answerWith(200, { iotHubHostName: hubs.near.name });
    await enroll("back", custom());
    expect(await register("back")).toMatchObject(assignedTo("near"));
    webhook.answer = answerWith(200, { iotHubHostName: hubs.far.name });
    expect(await register("back")).toMatchObject(assignedTo("far", "deviceDataMigrated"));
    expect(webhook.questions.at(-1)?.body.deviceRuntimeContext).toMatchObject({
      currentIotHubHostName: hubs.near.name,
      currentDeviceId: "back",
    });
    expect((await inHub("near", "devices", "back")).status).toBe(404);
  });

  test.each([
    ["refuses", 403, { error: "no" }, 400207, /403/],
    ["breaks", 503, "oops", 400207, /503/],
    ["says nothing that can be read", 200, "{", 400207, /JSON/],
    ["names no hub", 200, { payload: {} }, 400207, /iotHubHostName/],
    ["lies about the type of a hub", 200, { iotHubHostName: 7 }, 400207, /iotHubHostName/],
    ["names a hub that is not linked", 200, { iotHubHostName: "evil.example" }, 400208, /evil/],
    ["points somewhere else", 302, "", 400207, /302/],
    ["answers too much", 200, `"${"x".repeat(200_000)}"`, 400207, /too long/],
  ])("that %s leaves the device without a hub", async (what, status, body, code, message) => {
    const registrationId = what.replaceAll(" ", "-");
    webhook.answer = answerWith(status, body);
    await enroll(registrationId, custom());
    const text = expect.stringMatching(message) as unknown;
    expect(await register(registrationId)).toMatchObject(failedWith(code, text));
    await expectNowhere(registrationId);
  });

  test("that was wrong once is asked again when the device comes again", async () => {
    webhook.answer = answerWith(403, {});
    await enroll("again", custom());
    expect(await register("again")).toMatchObject(failedWith(400207));
    webhook.answer = answerWith(200, { iotHubHostName: hubs.near.name });
    expect(await register("again")).toMatchObject(assignedTo("near"));
  });

  test("that does not answer holds up nobody else, and fails in the end", async () => {
    webhook.answer = () => {};
    const held = Array.from({ length: 70 }, (_, index) => `held-${index}`);
    for (const registrationId of held) await enroll(registrationId, custom());
    await enroll("free", { allocationPolicy: "static", iotHubs: [hubs.near.name] });
    const heldUp = held.map(async (registrationId) => {
      const call = { registrationId, proof: { key }, method: "PUT", path: "register" };
      return light.send({ ...call, body: { registrationId } });
    });
    const started = await Promise.all(heldUp);
    expect(new Set(started.map(({ status }) => status))).toEqual(new Set([202]));
    // Not all of them can ask at once: this one is still in line.
    const asked = webhook.questions.map(({ body }) => body.deviceRuntimeContext["registrationId"]);
    const waiting = held.findIndex((registrationId) => !asked.includes(registrationId));
    const registrationId = held[waiting]!;
    expect(await register("free")).toMatchObject(assignedTo("near"));
    const ask = { registrationId, proof: { key } };
    const path = `operations/${started[waiting]!.body.operationId}`;
    const poll = () => light.send({ ...ask, method: "GET", path });
    expect(await poll()).toMatchObject({ status: 202, body: { status: "assigning" } });
    // Asked for again meanwhile, it is the same registration; asked for something else, a conflict.
    const again = { ...ask, method: "PUT", path: "register" };
    expect(await light.send({ ...again, body: {} })).toMatchObject({ status: 202 });
    expect(await light.send({ ...again, body: { payload: { other: true } } })).toMatchObject({
      status: 409,
      body: { errorCode: 409203 },
    });
    await expect.poll(poll, { interval: 500 }).toMatchObject(failedWith(400207));
    await expectNowhere(registrationId);
  });
});

describe("a hub in another Larimar", () => {
  const there = () => ({ allocationPolicy: "static", iotHubs: [hubs.elsewhere.name] });
  const here = () => ({ allocationPolicy: "static", iotHubs: [hubs.near.name] });
  const twin = { tags: { line: 7 }, properties: { desired: { speed: 2 } } };

  test("takes devices, with their twin, and they it", async () => {
    await enroll("traveller", { ...there(), initialTwin: twin });
    const outcome = await clients.register({
      transport: "Mqtt",
      registrationId: "traveller",
      security: { kind: "key", key },
      telemetry: "far away",
    });
    expect(outcome).toMatchObject({ result: { assignedHub: hubs.elsewhere.name } });
    expect((await inHub("elsewhere", "twins", "traveller")).body).toMatchObject(twin);
    await expect(inHub("near", "devices", "traveller")).resolves.toMatchObject({ status: 404 });
  });

  test("gives devices away and gets them back, with what their twins became", async () => {
    await enroll("commuter", { ...here(), initialTwin: twin });
    expect(await register("commuter")).toMatchObject(assignedTo("near"));
    const body = { tags: { seen: true }, properties: { desired: { speed: 3 } } };
    await hubs.near.client.call({ method: "PATCH", path: "/twins/commuter", body });
    const grown = { tags: { line: 7, seen: true }, properties: { desired: { speed: 3 } } };

    await enroll("commuter", { ...there(), initialTwin: twin });
    expect(await register("commuter")).toMatchObject(assignedTo("elsewhere", "deviceDataMigrated"));
    expect((await inHub("elsewhere", "twins", "commuter")).body).toMatchObject(grown);
    expect((await inHub("near", "devices", "commuter")).status).toBe(404);

    await enroll("commuter", { ...here(), initialTwin: twin });
    expect(await register("commuter")).toMatchObject(assignedTo("near", "deviceDataMigrated"));
    expect((await inHub("near", "twins", "commuter")).body).toMatchObject(grown);
    expect((await inHub("elsewhere", "devices", "commuter")).status).toBe(404);
  });

  test("begins anew where the policy says so, and not where it says never", async () => {
    const reset = { reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false } };
    const never = { reprovisionPolicy: { updateHubAssignment: false, migrateDeviceData: false } };
    await enroll("policy", { ...here(), initialTwin: twin });
    await register("policy");
    await hubs.near.client.call({
      method: "PATCH",
      path: "/twins/policy",
      body: { tags: { line: 8 } },
    });
    await enroll("policy", { ...there(), ...never });
    expect(await register("policy")).toMatchObject(assignedTo("near"));
    await enroll("policy", { ...there(), ...reset, initialTwin: twin });
    expect(await register("policy")).toMatchObject(assignedTo("elsewhere", "deviceDataReset"));
    expect((await inHub("elsewhere", "twins", "policy")).body).toMatchObject(twin);
    expect(await register("policy")).toMatchObject(assignedTo("elsewhere", "deviceDataReset"));
    expect((await inHub("near", "devices", "policy")).status).toBe(404);
  });

  test("is told which devices run an edge runtime, as a hub of this server is", async () => {
    for (const [registrationId, place, hub] of [
      ["edge-here", here(), "near"],
      ["edge-there", there(), "elsewhere"],
    ] as const) {
      await enroll(registrationId, { ...place, capabilities: { iotEdge: true } });
      expect(await register(registrationId)).toMatchObject(assignedTo(hub));
      expect((await inHub(hub, "devices", registrationId)).body).toMatchObject({
        capabilities: { iotEdge: true },
      });
    }
  });

  test("that does not take the service's key, or is not there, leaves the device where it is", async () => {
    const { iothubowner = "" } = elsewhere.connection.hubs[0]!.connectionStrings;
    await enroll("stuck", here());
    expect(await register("stuck")).toMatchObject(assignedTo("near"));
    await enroll("stuck", there());

    await linkElsewhere(iothubowner.replace(/SharedAccessKey=.*/, `SharedAccessKey=${key}`));
    expect(await register("stuck")).toMatchObject(failedWith(400209));
    await elsewhere.stop();
    await linkElsewhere(iothubowner);
    expect(await register("stuck")).toMatchObject(failedWith(400208));
    expect((await inHub("near", "devices", "stuck")).status).toBe(200);

    await elsewhere.start();
    expect(await register("stuck")).toMatchObject(assignedTo("elsewhere", "deviceDataMigrated"));
    expect((await inHub("near", "devices", "stuck")).status).toBe(404);
  });
});
