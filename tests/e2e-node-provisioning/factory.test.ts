import { randomBytes } from "node:crypto";
import type { TestServer } from "@larimar/testkit";
import { signToken, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { derivedKey } from "../support/provisioning/derived-key.ts";
import type { LightOutcome } from "../support/provisioning/light-provisioning.ts";
import { LightProvisioning } from "../support/provisioning/light-provisioning.ts";
import { ProvisioningClient } from "../support/provisioning/provisioning-client.ts";

// The clients know no other ports than 443, 8883 and 5671.
const ADDRESS = "127.0.0.103";
const FLEET = 1000;
/** Of each: how many of ten devices it should get. */
const WEIGHTS = { north: 5, south: 3, west: 2 } as const;
const HUBS = ["north", "south", "west", "east"] as const;
type HubName = (typeof HUBS)[number];
/** Two passes of a thousand devices. */
const STORY_MS_MAX = 240_000;

const groupKey = randomBytes(32).toString("base64");
// All transports of the official client are among them; the mass speaks to the same interface by itself.
const SAMPLES = { Mqtt: 0, MqttWs: 1, Amqp: 2, AmqpWs: 3, Http: 4 } as const;
const SAMPLE_ENTRIES = Object.entries(SAMPLES) as [keyof typeof SAMPLES, number][];

let server: TestServer;
let clients: ProvisioningClient;
let light: LightProvisioning;

beforeAll(async () => {
  server = await startTestServer({
    config: {
      bind: [ADDRESS],
      host: [ADDRESS],
      hub: [...HUBS],
      httpsPort: 443,
      mqttPort: 8883,
      amqpPort: 5671,
    },
  });
  clients = new ProvisioningClient(server.connection);
  light = new LightProvisioning(server.connection, ADDRESS);
});
afterAll(async () => {
  light?.[Symbol.dispose]();
  await clients?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const nameOf = (index: number) => `unit-${String(index).padStart(4, "0")}`;
const keyOf = (index: number) => derivedKey(groupKey, nameOf(index));
const hostNameOf = (hub: HubName) => server.client(hub).hub.hostName;

/** Those with a weight share what comes; the others are for enrollments that name them. */
async function linkHubs(weights: Readonly<Record<string, number>>): Promise<void> {
  const { configuration, settings } = server.server.provisioning.list()[0]!;
  const linkedHubs = settings.linkedHubs.map((hub) => {
    const weight = weights[hub.hubName ?? ""];
    return weight === undefined
      ? { ...hub, applyAllocationPolicy: false }
      : { ...hub, allocationWeight: weight };
  });
  await configuration.change({ linkedHubs });
}

async function putGroup(members: object): Promise<void> {
  const symmetricKey = { primaryKey: groupKey, secondaryKey: randomBytes(32).toString("base64") };
  const outcome = await clients.service("createOrUpdateEnrollmentGroup", {
    enrollmentGroupId: "factory",
    attestation: { type: "symmetricKey", symmetricKey },
    ...members,
  });
  if ("error" in outcome) throw new Error(outcome.message);
}

interface Place {
  readonly assignedHub: string;
  readonly deviceId: string;
  readonly substatus: string;
}

/** The whole fleet at once, some of it with the official client. */
async function registerFleet(): Promise<Place[]> {
  const viaSdk = SAMPLE_ENTRIES.map(async ([transport, index]) => {
    const security = { kind: "key", key: keyOf(index) } as const;
    const outcome = await clients.register({ transport, registrationId: nameOf(index), security });
    if ("error" in outcome) throw new Error(`${transport}: ${outcome.message}`);
    return outcome.result as unknown as Place;
  });
  const others = Array.from({ length: FLEET - viaSdk.length }, async (_, offset) => {
    const index = viaSdk.length + offset;
    return placeIn(await light.register(nameOf(index), { key: keyOf(index) }));
  });
  return Promise.all([...viaSdk, ...others]);
}

function placeIn({ status, body }: LightOutcome): Place {
  expect({ status, body }).toMatchObject({ status: 200, body: { status: "assigned" } });
  return body.registrationState as unknown as Place;
}

async function identitiesIn(hub: HubName): Promise<number> {
  const answer = await server.client(hub).call({ method: "GET", path: "/statistics/devices" });
  return (answer.body as { totalDeviceCount: number }).totalDeviceCount;
}

/** Whether its hub takes a device's telemetry, signed with nothing but the key it was made with. */
async function isWelcome(hub: HubName, index: number): Promise<boolean> {
  const resource = `${hostNameOf(hub)}/devices/${nameOf(index)}`;
  const answer = await server.client(hub).call({
    method: "POST",
    path: `/devices/${nameOf(index)}/messages/events`,
    headers: { authorization: signToken({ resource, key: keyOf(index) }) },
    body: { hello: true },
  });
  return answer.status === 204;
}

async function twinIn(hub: HubName, index: number) {
  const path = `/twins/${nameOf(index)}`;
  const { status, body } = await server.client(hub).call({ method: "GET", path });
  const twin = body as { tags: object; properties: { desired: object } };
  return { status, ...twin };
}

async function refusalOf(index: number): Promise<LightOutcome> {
  return light.register(nameOf(index), { key: keyOf(index) });
}

const refused = { status: 401, body: { errorCode: 401002 } };

const samplesShow = cell(
  ...(["MQTT", "MQTT over WebSockets", "AMQP", "AMQP over WebSockets", "HTTPS"] as const).map(
    (transport) => ({
      sdk: "azure-iot-provisioning-device (Node)" as const,
      transport,
      feature: "registers again and moves" as const,
    }),
  ),
);

test(
  "a factory's thousand devices spread over three hubs, move to a fourth, and leave one by one or all together",
  { ...samplesShow, timeout: STORY_MS_MAX },
  async () => {
    await linkHubs(WEIGHTS);
    await putGroup({ initialTwin: { tags: { made: "here" }, properties: { desired: { v: 1 } } } });

    // The fleet comes to life.
    const first = await registerFleet();
    expect(new Set(first.map(({ deviceId }) => deviceId)).size).toBe(FLEET);
    expect(new Set(first.map(({ substatus }) => substatus))).toEqual(
      new Set(["initialAssignment"]),
    );
    for (const [hub, weight] of Object.entries(WEIGHTS)) {
      const name = hub as HubName;
      const count = first.filter(({ assignedHub }) => assignedHub === hostNameOf(name)).length;
      // Four standard deviations of a fair draw.
      const share = weight / 10;
      const spread = 4 * Math.sqrt(FLEET * share * (1 - share));
      expect(Math.abs(count - FLEET * share)).toBeLessThan(spread);
      expect(await identitiesIn(name)).toBe(count);
    }
    expect(await identitiesIn("east")).toBe(0);

    // Its twins go their own ways.
    const homeOf = (index: number) =>
      HUBS.find((hub) => hostNameOf(hub) === first[index]!.assignedHub)!;
    const watched = [0, 1, 2, 3, 4, 500, 999];
    for (const index of watched) {
      expect(await isWelcome(homeOf(index), index)).toBe(true);
      await server.client(homeOf(index)).call({
        method: "PATCH",
        path: `/twins/${nameOf(index)}`,
        body: { tags: { shelf: index }, properties: { desired: { speed: index } } },
      });
    }

    // The operator moves everybody.
    await putGroup({
      iotHubs: [hostNameOf("east")],
      reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
    });
    const second = await registerFleet();
    expect(second.map(({ deviceId }) => deviceId)).toEqual(first.map(({ deviceId }) => deviceId));
    expect(new Set(second.map(({ assignedHub }) => assignedHub))).toEqual(
      new Set([hostNameOf("east")]),
    );
    expect(new Set(second.map(({ substatus }) => substatus))).toEqual(
      new Set(["deviceDataMigrated"]),
    );
    expect(await Promise.all(HUBS.map(identitiesIn))).toEqual([0, 0, 0, FLEET]);
    for (const index of watched) {
      expect(await twinIn("east", index)).toMatchObject({
        tags: { made: "here", shelf: index },
        properties: { desired: { v: 1, speed: index } },
      });
      expect(await isWelcome("east", index)).toBe(true);
      expect(await isWelcome(homeOf(index), index)).toBe(false);
    }

    // One is stolen: its own enrollment says no, whatever its group says; its hub forgets it.
    const stolen = 500;
    await clients.service("createOrUpdateIndividualEnrollment", {
      registrationId: nameOf(stolen),
      provisioningStatus: "disabled",
      attestation: {
        type: "symmetricKey",
        symmetricKey: { primaryKey: keyOf(stolen), secondaryKey: keyOf(stolen) },
      },
    });
    await server.client("east").call({
      method: "DELETE",
      path: `/devices/${nameOf(stolen)}`,
      headers: { "if-match": "*" },
    });
    expect(await refusalOf(stolen)).toMatchObject(refused);
    expect(await isWelcome("east", stolen)).toBe(false);
    placeIn(await light.register(nameOf(501), { key: keyOf(501) }));

    // The line is closed: nobody comes any more, and who is there stays.
    await clients.service("deleteEnrollmentGroup", "factory");
    for (const index of [0, 501, 999]) {
      expect(await refusalOf(index)).toMatchObject(refused);
      expect(await isWelcome("east", index)).toBe(true);
    }
    expect(await Promise.all(HUBS.map(identitiesIn))).toEqual([0, 0, 0, FLEET - 1]);
  },
);
