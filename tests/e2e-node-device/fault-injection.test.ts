import { type TestServer, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CommandSender } from "../support/device-client/command-sender.fixture.ts";
import { startNodeProgram } from "../support/programs/node.ts";
import type { Program } from "../support/programs/program.ts";

// The client knows no other ports than the standard ones.
const ADDRESS = "127.0.0.81";

/** What each of them does is in the names that the suites of the SDKs use. */
const FAULTS: readonly (readonly [string, string])[] = [
  ["mqtt", "KillTcp"],
  ["mqtt", "ShutDownMqtt"],
  ["mqtt-ws", "KillTcp"],
  ["mqtt-ws", "ShutDownMqtt"],
  ["amqp", "KillTcp"],
  ["amqp", "KillAmqpConnection"],
  ["amqp", "KillAmqpSession"],
  ["amqp", "KillAmqpCBSLinkReq"],
  ["amqp", "KillAmqpCBSLinkResp"],
  ["amqp", "KillAmqpD2CLink"],
  ["amqp", "KillAmqpC2DLink"],
  ["amqp", "KillAmqpMethodReqLink"],
  ["amqp", "KillAmqpMethodRespLink"],
  ["amqp", "KillAmqpTwinLinkReq"],
  ["amqp", "KillAmqpTwinLinkResp"],
  ["amqp", "ShutDownAmqp"],
  ["amqp-ws", "KillTcp"],
  ["amqp-ws", "ShutDownAmqp"],
];

const MESSAGE_PROPERTY = "AzIoTHub_FaultOperation";

function faultMessage(type: string, more: Readonly<Record<string, string>> = {}) {
  const all = { Type: type, CloseReason: "boom", DelayInSecs: "0.1", ...more };
  const properties = Object.fromEntries(
    Object.entries(all).map(([name, value]) => [MESSAGE_PROPERTY + name, value]),
  );
  return { body: "", properties };
}

describe("a server with --fault-injection", () => {
  let server: TestServer;
  let commands: CommandSender;
  let program: Program;

  beforeAll(async () => {
    server = await startTestServer({
      config: {
        faultInjection: true,
        bind: [ADDRESS],
        host: [ADDRESS],
        httpsPort: 443,
        mqttPort: 8883,
        amqpPort: 5671,
      },
    });
    commands = new CommandSender(hub());
    program = await startNodeProgram({ CA_FILE: server.connection.caFile });
  });

  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  const hub = () => server.server.hubs.list()[0]!;

  /** A client that uses every kind of link there is. */
  async function connect(name: string, transport: string): Promise<void> {
    const { connectionString } = await server.client().createDevice(name);
    await program.call("open", { name, transport, connectionString });
    await program.call("send", { name, message: { body: "hello" } });
    await program.call("twin", { name });
    await program.call("answerMethods", { name });
    await program.call("listenForCommands", { name });
    await commands.send(name, "before");
    await program.call("nextCommand", { name });
    await expect.poll(() => invoke(name)).toBe(200);
  }

  async function invoke(deviceId: string): Promise<number> {
    const body = { methodName: "open", connectTimeoutInSeconds: 60 };
    const path = `/twins/${deviceId}/methods`;
    return (await server.client().call({ method: "POST", path, body })).status;
  }

  test.each(FAULTS)(
    "takes the connection of a client over %s away: %s",
    async (transport, type) => {
      const name = `lost-${transport}-${type}`;
      await connect(name, transport);
      await program.call("noRetry", { name });
      const lost = program.call("nextDisconnect", { name });
      await program.call("send", { name, message: faultMessage(type) });
      expect(await lost).toBe("disconnected");
    },
  );

  test.each(FAULTS)("lets a client over %s come back: %s", async (transport, type) => {
    const name = `back-${transport}-${type}`;
    await connect(name, transport);
    const injected = vi.spyOn(hub().sessions.find({ deviceId: name })!, "injectFault");
    await program.call("send", { name, message: faultMessage(type) });
    await expect.poll(() => injected.mock.calls.length).toBe(1);
    await commands.send(name, "after");
    expect(await program.call("nextCommand", { name })).toMatchObject({ body: "after" });
    await program.call("send", { name, message: { body: "still here" } });
    await expect.poll(() => invoke(name)).toBe(200);
    await program.call("close", { name });
  });

  test.each([
    ["amqp", "InvokeThrottling", "ThrottlingError"],
    ["amqp", "InvokeMaxMessageQuota", "IotHubQuotaExceededError"],
    ["amqp", "InvokeAuthError", "UnauthorizedError"],
  ])("answers a client over %s as it asked: %s", async (transport, type, error) => {
    const name = `refused-${transport}-${type}`;
    await connect(name, transport);
    await program.call("noRetry", { name });
    const duration = { DelayInSecs: "0", DurationInSecs: "2" };
    const send = (message: object) => program.call("send", { name, message });
    await send(faultMessage(type, duration));
    await expect(send({ body: "too soon" })).rejects.toThrow(error);
    await expect
      .poll(() =>
        send({ body: "again" }).then(
          () => "sent",
          () => "refused",
        ),
      )
      .toBe("sent");
  });

  test("keeps a client away for as long as it asked", async () => {
    const name = "away";
    await connect(name, "mqtt");
    const message = faultMessage("KillTcp", { DelayInSecs: "0.1", DurationInSecs: "2" });
    await program.call("send", { name, message });
    const isGone = () => hub().sessions.find({ deviceId: name }) === undefined;
    await expect.poll(isGone).toBe(true);
    const goneAtMs = Date.now();
    await expect.poll(isGone).toBe(false);
    // It comes back by itself and at once, were it let.
    expect(Date.now() - goneAtMs).toBeGreaterThan(1000);
  });
});
