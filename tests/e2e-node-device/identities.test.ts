import { X509Certificate } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { TestCertificate, TestServer } from "@larimar/testkit";
import {
  devicePath,
  makeTemporaryDirectory,
  makeTestCertificate,
  startTestServer,
} from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import type { Feature, Transport } from "../grid/features.ts";
import { EventsReader } from "../support/events/events-reader.ts";
import { startNodeProgram } from "../support/programs/node.ts";
import type { Program } from "../support/programs/program.ts";

// The client knows no other ports than the standard ones.
const ADDRESS = "127.0.0.84";

const TRANSPORTS: readonly (readonly [string, Transport])[] = [
  ["mqtt", "MQTT"],
  ["mqtt-ws", "MQTT over WebSockets"],
  ["amqp", "AMQP"],
  ["amqp-ws", "AMQP over WebSockets"],
  ["http", "HTTPS"],
];

describe.each(TRANSPORTS)("azure-iot-device over %s", (transport, name) => {
  const shows = (feature: Feature<"device">) =>
    cell({ sdk: "azure-iot-device (Node)", transport: name, feature });
  const isConnected = transport !== "http";

  test(
    "messages carry all that the client can say of them",
    shows("telemetry: system, interface and component properties"),
    async () => {
      const device = `telling-${transport}`;
      await open(device, { connectionString: await keyOf(device) });
      const message = {
        body: "{}",
        messageId: "m 1",
        correlationId: "c/1",
        contentType: "application/json",
        contentEncoding: "utf-8",
        interfaceId: "urn:test:thermostat:1",
        properties: { "dt-subject": "sensor1", own: "a+b" },
      };
      await program.call("send", { name: device, message });
      expect(await eventOf(device)).toMatchObject({
        messageId: "m 1",
        correlationId: "c/1",
        contentType: "application/json",
        properties: { own: "a+b" },
        systemProperties: {
          contentEncoding: "utf-8",
          "iothub-interface-id": "urn:test:thermostat:1",
          "dt-subject": "sensor1",
        },
      });
    },
  );

  test("either of two certificates opens a device, and no third", async () => {
    const device = `two-certificates-${transport}`;
    const [primary, secondary, other] = await Promise.all(
      ["a", "b", "c"].map((commonName) => makeTestCertificate({ commonName })),
    );
    await put(devicePath(device), {
      deviceId: device,
      authentication: {
        type: "selfSigned",
        x509Thumbprint: {
          primaryThumbprint: thumbprintOf(primary!),
          secondaryThumbprint: thumbprintOf(secondary!),
        },
      },
    });
    for (const certificate of [primary!, secondary!]) {
      await open(device, { certificate: await saved(device, certificate) });
      await program.call("send", { name: device, message: { body: "{}" } });
      await program.call("close", { name: device });
    }
    await expectRefusal(device, other!);
  });

  test("a certificate of another authority, or in another name, opens nothing", async () => {
    const device = `signed-${transport}`;
    await put(devicePath(device), {
      deviceId: device,
      authentication: { type: "certificateAuthority" },
    });
    const alien = await makeTestCertificate({ commonName: "root", isCa: true });
    await expectRefusal(device, await makeTestCertificate({ commonName: device, issuer: alien }));
    await expectRefusal(device, await makeTestCertificate({ commonName: "other", issuer: root }));
    const notAfter = new Date(Date.now() - 60_000);
    await expectRefusal(
      device,
      await makeTestCertificate({ commonName: device, issuer: root, notAfter }),
    );
  });

  test.each(["disabled", "deleted"])(
    "a device that is %s hears of it at once",
    shows("hears when it is disabled or deleted"),
    async (what) => {
      const device = `${what}-${transport}`;
      const connectionString = await keyOf(device);
      await open(device, { connectionString });
      await program.call("noRetry", { name: device });
      await program.call("send", { name: device, message: { body: "{}" } });
      const heard = isConnected ? program.call("nextDisconnect", { name: device }) : undefined;
      if (what === "disabled") {
        const [, key = ""] = /SharedAccessKey=(.+)$/.exec(connectionString) ?? [];
        const symmetricKey = { primaryKey: key, secondaryKey: key };
        const body = { deviceId: device, status: "disabled", authentication: { symmetricKey } };
        await put(devicePath(device), body, { "if-match": "*" });
      } else {
        const path = devicePath(device);
        await server.client().call({ method: "DELETE", path, headers: { "if-match": "*" } });
      }
      await heard;
      await expect(program.call("send", { name: device, message: { body: "{}" } })).rejects.toThrow(
        "Error",
      );
    },
  );

  function open(device: string, credentials: object): Promise<unknown> {
    return program.call("open", { name: device, transport, ...credentials });
  }

  /** Some transports open without a word and refuse the first message. */
  async function expectRefusal(device: string, certificate: TestCertificate): Promise<void> {
    const opened = open(device, { certificate: await saved(device, certificate) });
    const sent = opened.then(async () => {
      await program.call("noRetry", { name: device });
      await program.call("send", { name: device, message: { body: "{}" } });
    });
    await expect(sent).rejects.toThrow("Error");
  }
});

test.each([
  ["mqtt", "amqp"],
  ["amqp", "mqtt-ws"],
  ["amqp-ws", "mqtt"],
])("a device over %s is taken over by itself over %s", async (first, second) => {
  const device = `twice-${first}-${second}`;
  const connectionString = await keyOf(device);
  const names = [`${device}-1`, `${device}-2`] as const;
  await program.call("open", { name: names[0], transport: first, connectionString });
  await program.call("send", { name: names[0], message: { body: "{}" } });
  await program.call("noRetry", { name: names[0] });
  const lost = program.call("nextDisconnect", { name: names[0] });
  await program.call("open", { name: names[1], transport: second, connectionString });
  await program.call("send", { name: names[1], message: { body: "{}" } });
  expect(await lost).toBe("disconnected");
  await program.call("send", { name: names[1], message: { body: "{}" } });
  await program.call("close", { name: names[1] });
});

let server: TestServer;
let program: Program;
let reader: EventsReader;
let root: TestCertificate;
let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  server = await startTestServer({
    config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, mqttPort: 8883, amqpPort: 5671 },
  });
  root = await makeTestCertificate({ commonName: "root", isCa: true });
  const hub = server.server.hubs.list()[0]!;
  // As an operator does it: the proof that the owner has the key comes first.
  await hub.certificates.put({ name: "root", certificate: root.certPem });
  const { verificationCode } = await hub.certificates.generateVerificationCode("root", "any");
  const proof = await makeTestCertificate({ commonName: verificationCode!, issuer: root });
  await hub.certificates.verify("root", proof.certPem, "any");
  program = await startNodeProgram({ CA_FILE: server.connection.caFile });
  reader = await EventsReader.start(server.connection);
});

afterAll(async () => {
  await program?.[Symbol.asyncDispose]();
  await reader?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

async function keyOf(deviceId: string): Promise<string> {
  return (await server.client().createDevice(deviceId)).connectionString;
}

async function put(to: string, body: object, headers: Record<string, string> = {}): Promise<void> {
  const answer = await server.client().call({ method: "PUT", path: to, body, headers });
  expect(answer.status).toBe(200);
}

function thumbprintOf({ certPem }: TestCertificate): string {
  return new X509Certificate(certPem).fingerprint256.replaceAll(":", "");
}

/** In files, as programs on devices find theirs. */
async function saved(deviceId: string, certificate: TestCertificate) {
  const certFile = path.join(directory.path, `${deviceId}.pem`);
  const keyFile = path.join(directory.path, `${deviceId}.key`);
  await writeFile(certFile, certificate.chainPem);
  await writeFile(keyFile, certificate.keyPem);
  return { hostName: ADDRESS, deviceId, certFile, keyFile };
}

async function eventOf(deviceId: string) {
  const find = () =>
    reader.events.find(
      ({ systemProperties }) => systemProperties["iothub-connection-device-id"] === deviceId,
    );
  await reader.waitFor(() => find() !== undefined, `event of ${deviceId}`);
  return find()!;
}
