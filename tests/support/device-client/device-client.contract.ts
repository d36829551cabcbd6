import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../../grid/cell.ts";
import type { Feature, Transport } from "../../grid/features.ts";
import type { SDKS, SdkName } from "../../grid/sdks.ts";
import { PREPARE_MS_MAX } from "../programs/prepare.ts";
import type { Program } from "../programs/program.ts";
import { DeviceTestHub } from "./device-test-hub.fixture.ts";

type DeviceSdk = {
  [Name in SdkName]: (typeof SDKS)[Name]["kind"] extends "device" ? Name : never;
}[SdkName];

/** What an SDK offers on one transport; what it lacks is not tested. */
export type DeviceFeature =
  | "awkward names"
  | "batches"
  | "interfaces"
  | "components"
  | "twins"
  | "methods"
  | "rejecting"
  | "modules"
  | "renewal"
  | "expiry"
  | "certificates of modules"
  | "status"
  | "refusals"
  | "files";

export interface DeviceTransport {
  /** As the program knows it; part of device ids. */
  readonly id: string;
  readonly name: Transport;
  readonly features: readonly DeviceFeature[];
}

export interface DeviceClient {
  readonly sdk: DeviceSdk;
  readonly address: string;
  readonly transports: readonly DeviceTransport[];
  start(env: Readonly<Record<string, string>>): Promise<Program>;
  /** The shortest life of a token after which the SDK renews it within seconds. */
  readonly tokenTtlSeconds: number;
}

/** The same expectations of every SDK that `Program` can drive, on each of its transports. */
export function deviceClientContract(client: DeviceClient): void {
  let bench: DeviceTestHub;
  let program: Program;

  beforeAll(async () => {
    bench = await DeviceTestHub.start(client.address);
    program = await client.start({ CA_FILE: bench.server.connection.caFile });
  }, PREPARE_MS_MAX);

  afterAll(async () => {
    // Whatever part of the preparations failed, nothing of it stays behind.
    await program?.[Symbol.asyncDispose]();
    await bench?.[Symbol.asyncDispose]();
  });

  describe.each(client.transports)("over $name", (column) => {
    const { id: transport, features } = column;
    const device = `device-${transport}`;
    // What the SDK does not have on this transport is no test, and so not skipped either.
    const testWith = (feature: DeviceFeature) =>
      features.includes(feature) ? test : () => undefined;
    const shows = (...shown: readonly Feature<"device">[]) =>
      cell(
        ...shown.map((feature) => ({ sdk: client.sdk, transport: column.name, feature }) as const),
      );

    /** Another device than the one that all tests share. */
    async function open(name: string, options: object = {}): Promise<void> {
      const connectionString = await bench.createDevice(name);
      await program.call("open", { name, transport, connectionString, ...options });
    }

    beforeAll(async () => {
      await open(device);
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
        const events = await bench.events(device, 10);
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

    testWith("interfaces")(
      "a message says which interface and component it is of",
      shows("telemetry: system, interface and component properties"),
      async () => {
        const name = `plug-${transport}`;
        await open(name);
        const message = { body: "{}", messageId: "p1", userId: "operator" };
        await program.call("send", { name, message: { ...message, isSecurity: true } });
        await program.call("send", { name, message: { ...message, component: "thermostat1" } });
        const [security, plain] = await bench.events(name, 2);
        expect(security!.systemProperties).toMatchObject({
          "iothub-interface-id": "urn:azureiot:Security:SecurityAgent:1",
        });
        expect(plain!.messageId).toBe("p1");
        if (features.includes("components")) {
          expect(plain!.systemProperties).toMatchObject({ "dt-subject": "thermostat1" });
        }
        await program.call("close", { name });
      },
    );

    testWith("batches")(
      "a batch arrives as its messages",
      shows("telemetry in batches"),
      async () => {
        const name = `batch-${transport}`;
        await open(name);
        const messages = Array.from({ length: 20 }, (_, n) => ({
          body: JSON.stringify({ n }),
          messageId: `b${n}`,
          properties: { n: String(n) },
        }));
        await program.call("sendBatch", { name, messages });
        const events = await bench.events(name, 20);
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
        const before = await bench.desire(device, { interval: 10, "nested-key": { a: [1, 2] } });
        // One SDK insists on this order.
        await program.call("listenForDesired", { name: device });
        expect(await program.call("twin", { name: device })).toMatchObject({
          desired: { interval: 10, "nested-key": { a: [1, 2] }, $version: before },
          reported: { $version: 1 },
        });
        await program.call("report", { name: device, patch: { fan: { speed: 3 }, gone: "x" } });
        await program.call("report", { name: device, patch: { gone: null } });
        expect(await program.call("twin", { name: device })).toMatchObject({
          reported: { fan: { speed: 3 }, $version: expect.any(Number) as number },
        });
        const reported = await bench.reported(device);
        expect(reported).toMatchObject({ fan: { speed: 3 } });
        expect(reported).not.toHaveProperty("gone");
        const $version = await bench.desire(device, { interval: 20 });
        expect(await program.call("nextDesired", { name: device })).toEqual({
          interval: 20,
          $version,
        });
      },
    );

    testWith("methods")("methods are asked and answered", shows("direct methods"), async () => {
      await program.call("answerMethods", { name: device });
      const payload = { text: "größe", list: [1, null, { a: true }] };
      expect(await bench.invoke(device, "open", payload)).toMatchObject({
        status: 200,
        payload: { name: "open", payload },
      });
      expect(await bench.invoke(device, "fail", null)).toMatchObject({
        status: 418,
        payload: { name: "fail" },
      });
    });

    test(
      "commands arrive in order, and their sender hears of it",
      shows("commands: receive in order and complete"),
      async () => {
        await program.call("listenForCommands", { name: device });
        await bench.commands.send(device, "c1", { mood: "a b" });
        await bench.commands.send(device, "c2");
        expect(await program.call("nextCommand", { name: device })).toMatchObject({
          body: "c1",
          messageId: "c1",
          properties: { mood: "a b" },
        });
        expect(await program.call("nextCommand", { name: device })).toMatchObject({ body: "c2" });
        expect(await bench.commands.outcomes(device, 2)).toEqual({ c1: "Success", c2: "Success" });
      },
    );

    testWith("rejecting")(
      "a rejected command is gone, and an abandoned one comes again until it is dead",
      shows("commands: reject and abandon"),
      async () => {
        await bench.commands.send(device, "rejected", { verdict: "reject" });
        expect(await program.call("nextCommand", { name: device })).toMatchObject({
          body: "rejected",
        });
        expect(await bench.commands.outcomes(device, 1)).toEqual({ rejected: "Rejected" });
        await bench.commands.send(device, "abandoned", { verdict: "abandon" });
        for (let n = 0; n < bench.hub.settings.commands.deliveryCountMax; n++) {
          expect(await program.call("nextCommand", { name: device })).toMatchObject({
            body: "abandoned",
          });
        }
        expect(await bench.commands.outcomes(device, 1)).toEqual({
          abandoned: "DeliveryCountExceeded",
        });
      },
    );

    testWith("modules")(
      "modules send through outputs, and have twins and methods",
      shows("modules: telemetry with outputs", "modules: twin", "modules: direct methods"),
      async () => {
        const name = `${device}/camera`;
        const target = `${device}/modules/camera`;
        const connectionString = await bench.createModule(device, "camera");
        await program.call("open", { name, transport, connectionString });
        const message = { body: JSON.stringify({ shot: 1 }), outputName: "pictures" };
        await program.call("send", { name, message });
        const [event] = await bench.events(device, 1, "camera");
        expect(event!.body).toEqual({ shot: 1 });
        await program.call("listenForDesired", { name });
        await program.call("report", { name, patch: { lens: "wide" } });
        expect(await program.call("twin", { name })).toMatchObject({ reported: { lens: "wide" } });
        const $version = await bench.desire(target, { zoom: 2 });
        expect(await program.call("nextDesired", { name })).toEqual({ zoom: 2, $version });
        await program.call("answerMethods", { name });
        expect(await bench.invoke(target, "shoot", 3)).toMatchObject({
          status: 200,
          payload: { name: "shoot", payload: 3 },
        });
        await program.call("close", { name });
      },
    );

    test(
      "a device opens with either of its certificates",
      shows("authentication: X.509 self-signed"),
      async () => {
        for (const place of ["primaryThumbprint", "secondaryThumbprint"] as const) {
          const name = `${place}-${transport}`;
          const certificate = await bench.createWithCertificate(name, place);
          await openAndSend(name, { certificate });
          const [event] = await bench.events(name, 1);
          expect(event!.systemProperties["iothub-connection-auth-method"]).toContain("x509");
        }
      },
    );

    test(
      "a device opens with a certificate of the hub's authority",
      shows("authentication: X.509 CA-signed"),
      async () => {
        const name = `signed-${transport}`;
        await openAndSend(name, { certificate: await bench.createBelowAuthority(name) });
        const [event] = await bench.events(name, 1);
        expect(event!.systemProperties["iothub-connection-auth-method"]).toContain("x509");
      },
    );

    testWith("certificates of modules")(
      "a module opens with a certificate of the hub's authority",
      shows("authentication: X.509 CA-signed, modules"),
      async () => {
        const certificate = await bench.createBelowAuthority(device, "signed");
        await openAndSend(`${device}/signed`, { certificate });
        expect(await bench.events(device, 1, "signed")).toHaveLength(1);
      },
    );

    async function openAndSend(name: string, options: object): Promise<void> {
      await program.call("open", { name, transport, ...options });
      await program.call("send", { name, message: { body: "{}" } });
      await program.call("close", { name });
    }

    testWith("files")(
      "a file is uploaded, and back ends hear of it",
      shows("file upload"),
      async () => {
        await program.call("upload", { name: device, blobName: "logs/1.txt", text: "hello" });
        const heard = await bench.hub.fileNotifications.receive();
        expect(heard?.records).toMatchObject([
          { deviceId: device, blobName: `${device}/logs/1.txt`, blobSizeBytes: 5 },
        ]);
        await bench.hub.fileNotifications.complete(heard!.lockToken);
      },
    );

    testWith("renewal")(
      "a token is renewed in time, and nothing is missed",
      shows("authentication: shared access signature, renewed"),
      async () => {
        const name = `renewing-${transport}`;
        await open(name, { tokenTtlSeconds: client.tokenTtlSeconds });
        await program.call("answerMethods", { name });
        await bench.sessionRenewed(name);
        expect(await bench.invoke(name, "renewed", 1)).toMatchObject({ status: 200 });
        await program.call("send", { name, message: { body: "{}" } });
        await program.call("close", { name });
      },
    );

    testWith("expiry")(
      "a device that outlived its token comes back with a new one",
      shows("authentication: shared access signature, renewed"),
      async () => {
        const name = `expiring-${transport}`;
        await open(name);
        await program.call("answerMethods", { name });
        await bench.closeSession(name, "tokenExpired");
        expect(await bench.invoke(name, "renewed", 1)).toMatchObject({ status: 200 });
        await program.call("close", { name });
      },
    );

    testWith("twins")(
      "everything goes on after the connection was lost",
      shows("goes on after the connection was lost"),
      async () => {
        const count = (await bench.events(device, 10)).length;
        await bench.closeSession(device, "shutdown");
        await program.call("send", { name: device, message: { body: "{}" } });
        await bench.events(device, count + 1);
        expect(await bench.invoke(device, "again", 1)).toMatchObject({ status: 200 });
        const $version = await bench.desire(device, { interval: 30 });
        expect(await program.call("nextDesired", { name: device })).toEqual({
          interval: 30,
          $version,
        });
        await bench.commands.send(device, "c9");
        expect(await program.call("nextCommand", { name: device })).toMatchObject({ body: "c9" });
      },
    );

    testWith("status")(
      "a device hears that it was disabled, or deleted",
      shows("hears when it is disabled or deleted"),
      async () => {
        for (const verb of ["disable", "delete"] as const) {
          const name = `${verb}-${transport}`;
          await open(name);
          expect(await program.call("isConnected", { name })).toBe(true);
          await bench[verb](name);
          await expect.poll(() => program.call("isConnected", { name })).toBe(false);
          await program.call("close", { name });
        }
      },
    );

    // Where nothing is open between messages, the next message hears of it.
    testWith("refusals")(
      "a device that was disabled, or deleted, is refused",
      shows("hears when it is disabled or deleted"),
      async () => {
        for (const verb of ["disable", "delete"] as const) {
          const name = `${verb}-${transport}`;
          await open(name);
          await program.call("send", { name, message: { body: "{}" } });
          await bench[verb](name);
          await expect(program.call("send", { name, message: { body: "{}" } })).rejects.toThrow(
            /Unauthorized|NotFound/i,
          );
          await program.call("close", { name });
        }
      },
    );
  });
}
