import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { CommandSender } from "../support/device-client/command-sender.fixture.ts";
import { EventsReader } from "../support/events/events-reader.ts";
import { hasJava, startJavaProgram } from "../support/programs/java.ts";
import { PREPARE_MS_MAX } from "../support/programs/prepare.ts";
import type { Program } from "../support/programs/program.ts";

const ADDRESS = "127.0.0.93";
const DEVICES_AT_ONCE = 50;

describe.skipIf(!hasJava())("many devices of iot-device-client (Java)", () => {
  let server: TestServer;
  let program: Program;
  let reader: EventsReader;
  let commands: CommandSender;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, amqpPort: 5671 },
    });
    program = await startJavaProgram({ CA_FILE: server.connection.caFile });
    reader = await EventsReader.start(server.connection);
    commands = new CommandSender(hub());
  }, PREPARE_MS_MAX);

  afterAll(async () => {
    await Promise.allSettled([program?.[Symbol.asyncDispose](), reader?.[Symbol.asyncDispose]()]);
    await server?.[Symbol.asyncDispose]();
  });

  const hub = () => server.server.hubs.list()[0]!;
  const isConnected = (deviceId: string) => hub().sessions.isConnected({ deviceId });

  async function ask(device: string, payload: unknown): Promise<unknown> {
    const times = { connectTimeoutInSeconds: 60, responseTimeoutInSeconds: 20 };
    const body = { methodName: "ask", payload, ...times };
    const path = `/twins/${device}/methods`;
    return (await server.client().call({ method: "POST", path, body })).body;
  }

  describe.each([
    ["amqp", "AMQP"],
    ["amqp-ws", "AMQP over WebSockets"],
  ] as const)("on one %s connection", (transport, column) => {
    const shown = cell({
      sdk: "iot-device-client (Java)",
      transport: column,
      feature: "many devices on one connection",
    });
    const connection = { name: transport };
    const nameOf = (n: number) => `${transport}-${n}`;
    const all = Array.from({ length: DEVICES_AT_ONCE }, (_, n) => nameOf(n));

    const createAll = (names: readonly string[]) =>
      Promise.all(
        names.map(async (name) => {
          const { connectionString } = await server.client().createDevice(name);
          return { name, transport, connectionString };
        }),
      );

    beforeAll(async () => {
      const devices = await createAll(all);
      await program.call("openConnection", { ...connection, transport, hostName: ADDRESS });
      await program.call("addDevices", { ...connection, devices });
    });

    test("each sends in its own name", shown, async () => {
      await Promise.all(
        all.map((name) => program.call("send", { name, message: { body: `"${name}"` } })),
      );
      const own = () =>
        reader.events.filter(({ body }) => String(body).startsWith(`${transport}-`));
      await reader.waitFor(() => own().length >= all.length, "event of each device");
      const senders = own().map(
        ({ body, systemProperties }) => body === systemProperties["iothub-connection-device-id"],
      );
      expect(senders).toEqual(all.map(() => true));
    });

    test("each has its own methods, commands and twin", shown, async () => {
      const some = all.slice(0, 10);
      await Promise.all(
        some.map(async (name) => {
          await program.call("answerMethods", { name });
          await program.call("listenForCommands", { name });
          await program.call("listenForDesired", { name });
          await program.call("report", { name, patch: { me: name } });
          expect(await program.call("twin", { name })).toMatchObject({ reported: { me: name } });
          expect(await ask(name, name)).toMatchObject({ payload: { payload: name } });
          await commands.send(name, `for ${name}`);
          expect(await program.call("nextCommand", { name })).toMatchObject({
            body: `for ${name}`,
          });
        }),
      );
    });

    test("devices come and go while the others stay", shown, async () => {
      const late = nameOf(DEVICES_AT_ONCE);
      await program.call("addDevices", { ...connection, devices: await createAll([late]) });
      await program.call("send", { name: late, message: { body: "{}" } });
      expect(isConnected(late)).toBe(true);
      await program.call("removeDevices", { ...connection, devices: [late, nameOf(49)] });
      await expect.poll(() => [late, nameOf(49)].filter(isConnected)).toEqual([]);
      expect(await ask(nameOf(0), 1)).toMatchObject({ status: 200 });
      expect(all.slice(0, 49).filter(isConnected)).toEqual(all.slice(0, 49));
    });

    test("a device with a wrong key does not get in, and the others stay", shown, async () => {
      const wrong = {
        name: `${transport}-wrong`,
        transport,
        connectionString: `HostName=${ADDRESS};DeviceId=${nameOf(2)};SharedAccessKey=d3Jvbmc=`,
      };
      await program.call("removeDevices", { ...connection, devices: [nameOf(2)] });
      await expect(program.call("addDevices", { ...connection, devices: [wrong] })).rejects.toThrow(
        /addDevices/,
      );
      expect(isConnected(nameOf(2))).toBe(false);
      expect(await ask(nameOf(1), 1)).toMatchObject({ status: 200 });
    });

    test("none is left behind when the connection is closed", shown, async () => {
      await program.call("closeConnection", connection);
      await expect.poll(() => all.filter(isConnected)).toEqual([]);
    });

    // A connection of its own: the SDK takes a while to be itself again when the machine is busy.
    test("a device that is thrown out comes back, and the others stay", shown, async () => {
      const name = `${transport}-few`;
      const [thrownOut, bystander] = [`${name}-1`, `${name}-2`] as const;
      await program.call("openConnection", { name, transport, hostName: ADDRESS });
      await program.call("addDevices", { name, devices: await createAll([thrownOut, bystander]) });
      await program.call("answerMethods", { name: thrownOut });
      await program.call("answerMethods", { name: bystander });
      const before = hub().sessions.find({ deviceId: bystander });
      hub().sessions.close({ deviceId: thrownOut }, "shutdown");
      expect(hub().sessions.find({ deviceId: bystander })).toBe(before);
      for (const device of [thrownOut, bystander]) {
        await expect.poll(() => ask(device, 1)).toMatchObject({ status: 200 });
      }
    });
  });
});
