import { Duplex } from "node:stream";
import { createHubDirectory } from "@larimar/domain";
import { createTestHub, settle } from "@larimar/domain/fixtures";
import { describe, expect, test } from "vitest";
import { CapturedLog } from "./fixtures/captured-log.fixture.ts";
import { DeviceLogin, MqttTest } from "./fixtures/mqtt-test.fixture.ts";
import { PINGREQ, puback, publishPacket } from "./fixtures/packets.fixture.ts";
import { createMqttHead } from "./index.ts";
import { expectPackets } from "./fixtures/raw-client.fixture.ts";

/** A client that never takes what is written to it. */
class StuckStream extends Duplex {
  override _read(): void {}
  override _write(): void {}
}

describe("nothing more is read from a client", () => {
  test.each([
    ["messages", { unacknowledgedMessagesMax: 10 }],
    ["bytes", { unacknowledgedBytesMax: 10_000 }],
  ])("while too many %s of it wait for the disk", async (_, limits) => {
    await using mqtt = await MqttTest.start({ limits });
    const device = await mqtt.connected("d1");
    mqtt.eventLog.isGated = true;
    const { topic } = device.login;
    const first = Array.from({ length: 11 }, (_, index) => index + 1);
    const send = (packetIds: readonly number[]): void =>
      device.send(
        ...packetIds.map((packetId) =>
          publishPacket({ topic, payload: "x".repeat(1000), packetId }),
        ),
      );
    send(first);
    await mqtt.until(() => mqtt.eventLog.gates.length === 1);
    send([100]);
    mqtt.eventLog.isGated = false;
    await mqtt.arrived();
    expect(mqtt.eventLog.appended).toEqual([11]);
    mqtt.eventLog.gates[0]?.commit();
    await expectPackets(device, ...first.map(puback), puback(100));
  });

  test("while the event log is behind", async () => {
    await using mqtt = await MqttTest.start();
    const device = await mqtt.connected("d1");
    const { topic } = device.login;
    mqtt.eventLog.isCongested = true;
    device.send(publishPacket({ topic, packetId: 1 }));
    await expectPackets(device, puback(1));
    device.send(publishPacket({ topic, packetId: 2 }));
    for (let i = 0; i < 20; i++) await settle();
    expect(mqtt.eventLog.appended).toEqual([1]);
    mqtt.eventLog.isCongested = false;
    await expectPackets(device, puback(2));
  });
});

test("a client that does not take its answers is closed before they pile up", async () => {
  const { hub, clock } = createTestHub();
  const { device } = await hub.devices.create({ deviceId: "d1" });
  const login = new DeviceLogin({ deviceId: "d1" }, device.authentication, clock);
  const log = new CapturedLog();
  const hubs = createHubDirectory([hub], { isStrict: false });
  await using head = createMqttHead({ hubs, clock, log, limits: { outgoingBytesMax: 1000 } });
  const stream = new StuckStream();
  const context = { serverName: undefined, certificate: undefined, remoteAddress: "::1" };
  head.accept(stream, { ...context, transport: "tcp" });
  stream.push(login.connect());
  await settle();
  const pings = Buffer.concat(Array.from({ length: 100 }, () => PINGREQ));
  for (let i = 0; i < 20 && !stream.destroyed; i++) {
    stream.push(pings);
    await settle();
  }
  expect(log.closeReasons).toEqual(["outgoingBytesExceeded"]);
  expect(stream.destroyed).toBe(true);
  expect(stream.writableLength).toBeLessThan(1500);
  await hub[Symbol.asyncDispose]();
});
