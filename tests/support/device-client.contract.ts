import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestCertificate, TestServer } from "@larimar/testkit";
import { devicePath, makeTestCertificate, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { cell } from "../grid/cell.ts";
import type { Feature, Transport } from "../grid/features.ts";
import type { SDKS, SdkName } from "../grid/sdks.ts";
import { EventsReader } from "./events-reader.ts";
import { CommandSender } from "./command-sender.ts";
import { PREPARE_MS_MAX } from "./programs/prepare.ts";
import type { Program } from "./programs/program.ts";

type DeviceSdk = {
  [Name in SdkName]: (typeof SDKS)[Name]["kind"] extends "device" ? Name : never;
}[SdkName];

/** What an SDK offers on one transport; what it lacks is not tested. */
export type DeviceFeature =
  | "batches"
  | "twins"
  | "methods"
  | "rejecting"
  | "abandoning"
  | "modules"
  | "renewal"
  | "expiry"
  | "awkward names"
  | "certificates"
  | "files";

export interface DeviceTransport {
  /** As the program knows it; part of device ids. */
  readonly id: string;
  readonly name: Transport;
  readonly features: readonly DeviceFeature[];
}

export interface DeviceClient {
  /** As the compatibility grid calls it. */
  readonly sdk: DeviceSdk;
  readonly address: string;
  readonly transports: readonly DeviceTransport[];
  start(env: Readonly<Record<string, string>>): Promise<Program>;
  /** The shortest life of a token after which the SDK renews it within seconds. */
  readonly tokenTtlSeconds: number;
}

/** The same expectations of every SDK that `Program` can drive, on each of its transports. */
export function deviceClientContract(sdk: DeviceClient): void {
  let server: TestServer;
  let program: Program;
  let reader: EventsReader;
  let commands: CommandSender;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "larimar-test-"));
    server = await startTestServer({
      config: {
        bind: [sdk.address],
        host: [sdk.address],
        httpsPort: 443,
        mqttPort: 8883,
        amqpPort: 5671,
      },
    });
    program = await sdk.start({ CA_FILE: server.connection.caFile });
    reader = await EventsReader.start(server.connection);
    commands = new CommandSender(hub());
  }, PREPARE_MS_MAX);

  afterAll(async () => {
    // Whatever part of the preparations failed, nothing of it stays behind.
    await Promise.allSettled([
      program?.[Symbol.asyncDispose](),
      reader?.[Symbol.asyncDispose](),
      rm(directory, { recursive: true, force: true }),
    ]);
    await server?.[Symbol.asyncDispose]();
  });

  const declare = (title: string, shown: ReturnType<typeof cell>, body: () => Promise<void>) => {
    test(title, shown, body);
  };

  const hub = () => server.server.hubs.list()[0]!;
  const rest = () => server.client();

  async function invoke(target: string, methodName: string, payload: unknown) {
    const body = { methodName, payload, responseTimeoutInSeconds: 20, connectTimeoutInSeconds: 20 };
    return rest().call({ method: "POST", path: `/twins/${target}/methods`, body });
  }

  async function desire(target: string, desired: object): Promise<number> {
    const body = { properties: { desired } };
    const answer = await rest().call({ method: "PATCH", path: `/twins/${target}`, body });
    expect(answer.status).toBe(200);
    return (answer.body as { properties: { desired: { $version: number } } }).properties.desired
      .$version;
  }

  async function eventsOf(deviceId: string, count: number) {
    const own = () =>
      reader.events.filter(
        (event) => event.systemProperties["iothub-connection-device-id"] === deviceId,
      );
    await reader.waitFor(() => own().length >= count, `${count} events of ${deviceId}`, 20_000);
    return own();
  }

  /** And waits until the client is there again. */
  async function closeSession(deviceId: string, reason: "shutdown" | "tokenExpired") {
    const before = hub().sessions.find({ deviceId });
    hub().sessions.close({ deviceId }, reason);
    await expect
      .poll(() => hub().sessions.find({ deviceId }), { timeout: 20_000 })
      .not.toSatisfy((session) => session === undefined || session === before);
  }

  describe.each(sdk.transports)("over $name", ({ id: transport, name, features }) => {
    const device = `device-${transport}`;
    // What the SDK does not have on this transport is no test, and so not skipped either.
    const testWith = (feature: DeviceFeature): typeof declare =>
      features.includes(feature) ? declare : () => undefined;
    const shows = (...shown: readonly Feature<"device">[]) =>
      cell(...shown.map((feature) => ({ sdk: sdk.sdk, transport: name, feature })));

    beforeAll(async () => {
      const { connectionString } = await rest().createDevice(device);
      await program.call("open", { name: device, transport, connectionString });
    });

    afterAll(async () => {
      await program.call("close", { name: device });
    });

    test(
      "telemetry arrives with its properties, in order",
      shows("telemetry", "authentication: symmetric key"),
      async () => {
        const properties = {
          room: "a & b = c",
          // Not every name can be that of a header.
          ...(features.includes("awkward names") && { "50 %": "x/y?z" }),
        };
        for (let n = 0; n < 10; n++) {
          const message = {
            body: JSON.stringify({ n }),
            messageId: `m${n}`,
            correlationId: "c-1",
            contentType: "application/json",
            contentEncoding: "utf-8",
            properties,
          };
          await program.call("send", { name: device, message });
        }
        const events = await eventsOf(device, 10);
        expect(events.map(({ body }) => body)).toEqual(
          Array.from({ length: 10 }, (_, n) => ({ n })),
        );
        expect(events[3]).toMatchObject({
          messageId: "m3",
          correlationId: "c-1",
          contentType: "application/json",
          properties,
        });
      },
    );

    testWith("batches")(
      "a batch arrives as its messages",
      shows("telemetry in batches"),
      async () => {
        const name = `batch-${transport}`;
        const { connectionString } = await rest().createDevice(name);
        await program.call("open", { name, transport, connectionString });
        const messages = Array.from({ length: 20 }, (_, n) => ({
          body: JSON.stringify({ n }),
          messageId: `b${n}`,
          properties: { n: String(n) },
        }));
        await program.call("sendBatch", { name, messages });
        const events = await eventsOf(name, 20);
        expect(events.map(({ messageId }) => messageId)).toEqual(
          messages.map(({ messageId }) => messageId),
        );
        expect(events[7]).toMatchObject({ properties: { n: "7" } });
        await program.call("close", { name });
      },
    );

    testWith("twins")(
      "the twin is read, reported to, and heard of when it changes",
      shows("twin: read and report", "twin: desired properties"),
      async () => {
        const before = await desire(device, { interval: 10, "nested-key": { a: [1, 2] } });
        // One SDK insists on this order.
        await program.call("listenForDesired", { name: device });
        expect(await program.call("twin", { name: device })).toMatchObject({
          desired: { interval: 10, "nested-key": { a: [1, 2] }, $version: before },
          reported: { $version: 1 },
        });
        await program.call("report", { name: device, patch: { fan: { speed: 3 }, gone: "x" } });
        await program.call("report", { name: device, patch: { gone: null } });
        expect(await program.call("twin", { name: device })).toMatchObject({
          reported: { fan: { speed: 3 }, $version: 3 },
        });
        const answer = await rest().call({ method: "GET", path: `/twins/${device}` });
        const { reported } = (answer.body as { properties: { reported: object } }).properties;
        expect(reported).toMatchObject({ fan: { speed: 3 } });
        expect(reported).not.toHaveProperty("gone");
        const $version = await desire(device, { interval: 20 });
        expect(await program.call("nextDesired", { name: device })).toEqual({
          interval: 20,
          $version,
        });
      },
    );

    testWith("methods")("methods are asked and answered", shows("direct methods"), async () => {
      await program.call("answerMethods", { name: device });
      const payload = { text: "größe", list: [1, null, { a: true }] };
      expect(await invoke(device, "open", payload)).toMatchObject({
        status: 200,
        body: { status: 200, payload: { name: "open", payload } },
      });
      expect(await invoke(device, "fail", null)).toMatchObject({
        status: 200,
        body: { status: 418, payload: { name: "fail" } },
      });
    });

    test(
      "commands arrive in order, and their sender hears of it",
      shows("commands: receive in order and complete"),
      async () => {
        await program.call("listenForCommands", { name: device });
        await commands.send(device, "c1", { mood: "a b" });
        await commands.send(device, "c2");
        expect(await program.call("nextCommand", { name: device })).toMatchObject({
          body: "c1",
          messageId: "c1",
          properties: { mood: "a b" },
        });
        expect(await program.call("nextCommand", { name: device })).toMatchObject({ body: "c2" });
        expect(await commands.outcomes(device, 2)).toEqual({ c1: "Success", c2: "Success" });
      },
    );

    testWith("rejecting")(
      "a rejected command is gone, and its sender hears of it",
      shows("commands: reject and abandon"),
      async () => {
        await commands.send(device, "rejected", { verdict: "reject" });
        expect(await program.call("nextCommand", { name: device })).toMatchObject({
          body: "rejected",
        });
        expect(await commands.outcomes(device, 1)).toEqual({ rejected: "Rejected" });
      },
    );

    testWith("abandoning")(
      "an abandoned command comes again until it is dead",
      shows("commands: reject and abandon"),
      async () => {
        await commands.send(device, "abandoned", { verdict: "abandon" });
        for (let n = 0; n < hub().settings.commands.deliveryCountMax; n++) {
          expect(await program.call("nextCommand", { name: device })).toMatchObject({
            body: "abandoned",
          });
        }
        expect(await commands.outcomes(device, 1)).toEqual({ abandoned: "DeliveryCountExceeded" });
      },
    );

    testWith("modules")(
      "modules send through outputs, and have twins and methods",
      shows("modules: telemetry with outputs", "modules: twin", "modules: direct methods"),
      async () => {
        const name = `${device}/camera`;
        const connectionString = await createModule(device, "camera");
        await program.call("open", { name, transport, connectionString });
        const message = { body: JSON.stringify({ shot: 1 }), outputName: "pictures" };
        await program.call("send", { name, message });
        await reader.waitFor(() => reader.events.some(isFrom(device, "camera")), "module event");
        expect(reader.events.find(isFrom(device, "camera"))).toMatchObject({
          body: { shot: 1 },
          systemProperties: { "iothub-connection-module-id": "camera" },
        });
        await program.call("listenForDesired", { name });
        await program.call("report", { name, patch: { lens: "wide" } });
        expect(await program.call("twin", { name })).toMatchObject({ reported: { lens: "wide" } });
        const $version = await desire(`${device}/modules/camera`, { zoom: 2 });
        expect(await program.call("nextDesired", { name })).toEqual({ zoom: 2, $version });
        await program.call("answerMethods", { name });
        expect(await invoke(`${device}/modules/camera`, "shoot", 3)).toMatchObject({
          body: { status: 200, payload: { name: "shoot", payload: 3 } },
        });
        await program.call("close", { name });
      },
    );

    testWith("certificates")(
      "a device opens with its certificate",
      shows("authentication: X.509 self-signed"),
      async () => {
        const name = `certified-${transport}`;
        await program.call("open", { name, transport, certificate: await certify(name) });
        await program.call("send", { name, message: { body: "{}" } });
        const [event] = await eventsOf(name, 1);
        expect(event!.systemProperties["iothub-connection-auth-method"]).toContain("x509");
        await program.call("close", { name });
      },
    );

    testWith("certificates")(
      "a device opens with a certificate that an authority of its hub signed",
      shows("authentication: X.509 CA-signed"),
      async () => {
        const name = `signed-${transport}`;
        await program.call("open", { name, transport, certificate: await certifySigned(name) });
        await program.call("send", { name, message: { body: "{}" } });
        const [event] = await eventsOf(name, 1);
        expect(event!.systemProperties["iothub-connection-auth-method"]).toContain("x509");
        await program.call("close", { name });
      },
    );

    testWith("files")(
      "a file is uploaded, and back ends hear of it",
      shows("file upload"),
      async () => {
        await program.call("upload", { name: device, blobName: "logs/1.txt", text: "hello" });
        const heard = await hub().fileNotifications.receive();
        expect(heard?.records).toMatchObject([
          { deviceId: device, blobName: `${device}/logs/1.txt`, blobSizeBytes: 5 },
        ]);
        await hub().fileNotifications.complete(heard!.lockToken);
      },
    );

    testWith("renewal")(
      "a token is renewed in time, and nothing is missed",
      shows("authentication: shared access signature, renewed"),
      async () => {
        const name = `renewing-${transport}`;
        const { connectionString } = await rest().createDevice(name);
        const { tokenTtlSeconds } = sdk;
        await program.call("open", { name, transport, connectionString, tokenTtlSeconds });
        await program.call("answerMethods", { name });
        // Over AMQP there is a session once there is a link.
        await expect.poll(() => hub().sessions.find({ deviceId: name })).toBeDefined();
        const session = hub().sessions.find({ deviceId: name })!;
        // Clients open another connection, or prove themselves again on the one they have.
        const renew = vi.spyOn(session, "renew");
        await expect
          .poll(
            () => {
              const current = hub().sessions.find({ deviceId: name });
              return (current !== undefined && current !== session) || renew.mock.calls.length > 0;
            },
            { timeout: 20_000 },
          )
          .toBe(true);
        expect(await invoke(name, "renewed", 1)).toMatchObject({ body: { status: 200 } });
        await program.call("send", { name, message: { body: "{}" } });
        await program.call("close", { name });
      },
    );

    testWith("expiry")(
      "a device that outlived its token comes back with a new one",
      shows("authentication: shared access signature, renewed"),
      async () => {
        const name = `expiring-${transport}`;
        const { connectionString } = await rest().createDevice(name);
        await program.call("open", { name, transport, connectionString });
        await program.call("answerMethods", { name });
        await closeSession(name, "tokenExpired");
        expect(await invoke(name, "renewed", 1)).toMatchObject({ body: { status: 200 } });
        await program.call("close", { name });
      },
    );

    testWith("twins")(
      "everything goes on after the connection was lost",
      shows("goes on after the connection was lost"),
      async () => {
        const count = (await eventsOf(device, 10)).length;
        await closeSession(device, "shutdown");
        await program.call("send", { name: device, message: { body: "{}" } });
        await eventsOf(device, count + 1);
        expect(await invoke(device, "again", 1)).toMatchObject({ body: { status: 200 } });
        const $version = await desire(device, { interval: 30 });
        expect(await program.call("nextDesired", { name: device })).toEqual({
          interval: 30,
          $version,
        });
        await commands.send(device, "c9");
        expect(await program.call("nextCommand", { name: device })).toMatchObject({ body: "c9" });
      },
    );
  });

  const isFrom =
    (deviceId: string, moduleId: string) =>
    ({ systemProperties }: { systemProperties: Readonly<Record<string, unknown>> }): boolean =>
      systemProperties["iothub-connection-device-id"] === deviceId &&
      systemProperties["iothub-connection-module-id"] === moduleId;

  async function createModule(deviceId: string, moduleId: string): Promise<string> {
    const answer = await rest().call({
      method: "PUT",
      path: `${devicePath(deviceId)}/modules/${moduleId}`,
      body: { deviceId, moduleId },
    });
    const created = answer.body as { authentication: { symmetricKey: { primaryKey: string } } };
    const { primaryKey } = created.authentication.symmetricKey;
    return `HostName=${sdk.address};DeviceId=${deviceId};ModuleId=${moduleId};SharedAccessKey=${primaryKey}`;
  }

  /** A device with a certificate of its own, in files, as programs on devices find theirs. */
  async function certify(deviceId: string) {
    const certificate = await makeTestCertificate({ commonName: deviceId });
    const primaryThumbprint = new X509Certificate(certificate.certPem).fingerprint;
    return register(deviceId, certificate, {
      type: "selfSigned",
      x509Thumbprint: { primaryThumbprint: primaryThumbprint.replaceAll(":", "") },
    });
  }

  /** The same with a certificate below an authority that the hub knows, and one between them. */
  async function certifySigned(deviceId: string) {
    const root = await makeTestCertificate({ commonName: `root of ${deviceId}`, isCa: true });
    const factory = await makeTestCertificate({ commonName: "factory", isCa: true, issuer: root });
    await hub().certificates.put({ name: deviceId, certificate: root.certPem, isVerified: true });
    const certificate = await makeTestCertificate({ commonName: deviceId, issuer: factory });
    return register(deviceId, certificate, { type: "certificateAuthority" });
  }

  async function register(deviceId: string, own: TestCertificate, authentication: object) {
    const body = { deviceId, authentication };
    const answer = await rest().call({ method: "PUT", path: devicePath(deviceId), body });
    expect(answer.status).toBe(200);
    const certFile = path.join(directory, `${deviceId}.pem`);
    const keyFile = path.join(directory, `${deviceId}.key`);
    await writeFile(certFile, own.chainPem);
    await writeFile(keyFile, own.keyPem);
    return { hostName: sdk.address, deviceId, certFile, keyFile };
  }
}
