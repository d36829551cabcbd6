import { describe, expect, test } from "vitest";
import { MqttTest } from "./fixtures/mqtt-test.fixture.ts";
import { PINGREQ, PINGRESP, puback, publishPacket } from "./fixtures/packets.fixture.ts";
import { expectEnd, expectPackets } from "./fixtures/raw-client.fixture.ts";

const d1 = { deviceId: "d1" };

describe("a silent client", () => {
  test("that never sends its CONNECT is closed after thirty seconds", async () => {
    await using mqtt = await MqttTest.start();
    const other = await mqtt.connected("other");
    const client = await mqtt.open();
    await mqtt.roundTrip(other);
    await mqtt.clock.advance(29_000);
    expect(client.isEnded).toBe(false);
    await mqtt.clock.advance(3000);
    await expectEnd(client);
    expect(mqtt.log.closeReasons).toEqual(["connectTimeout"]);
    await mqtt.roundTrip(other);
  });

  test("that sends its CONNECT too slowly is closed all the same", async () => {
    await using mqtt = await MqttTest.start();
    const login = await mqtt.device("d1");
    const bytes = login.connect();
    const other = await mqtt.connected("other");
    const client = await mqtt.open();
    const sendSlowly = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at++) {
        client.send(bytes.subarray(at, at + 1));
        await mqtt.roundTrip(other);
        await mqtt.clock.advance(1000);
      }
    };
    await sendSlowly(0, 29);
    expect(client.isEnded).toBe(false);
    await sendSlowly(29, 32);
    await expectEnd(client);
    expect(mqtt.log.closeReasons).toEqual(["connectTimeout"]);
  });

  test.each([
    [60, 90],
    [1, 1.5],
    [240, 360],
    [1740, 1767],
    [0, 1767],
    [65_535, 1767],
  ])("that announced %i s is closed after %f s", async (keepAliveSeconds, silenceSeconds) => {
    await using mqtt = await MqttTest.start();
    const client = await mqtt.connected("d1", { keepAliveSeconds });
    await mqtt.clock.advance(silenceSeconds * 1000);
    expect(mqtt.hub.sessions.isConnected(d1)).toBe(true);
    await mqtt.clock.advance(3000);
    await expectEnd(client);
    expect(mqtt.log.closeReasons).toEqual(["keepAliveTimeout"]);
  });
});

describe("a client stays connected", () => {
  test.each(["PINGREQ", "telemetry", "half a packet"])("by sending %s in time", async (what) => {
    await using mqtt = await MqttTest.start();
    const client = await mqtt.connected("d1", { keepAliveSeconds: 10 });
    const message = publishPacket({ topic: client.login.topic, payload: "x", packetId: 1 });
    let sent = 0;
    for (let seconds = 0; seconds < 60; seconds += 10) {
      if (what === "PINGREQ") {
        client.send(PINGREQ);
        await expectPackets(client, PINGRESP);
      } else if (what === "telemetry") {
        client.send(message);
        await expectPackets(client, puback(1));
      } else {
        client.send(message.subarray(sent, ++sent));
        await mqtt.arrived();
      }
      await mqtt.clock.advance(10_000);
    }
    expect(mqtt.hub.sessions.isConnected(d1)).toBe(true);
  });

  test("while nobody reads what it sends", async () => {
    await using mqtt = await MqttTest.start({ limits: { unacknowledgedMessagesMax: 0 } });
    const client = await mqtt.connected("d1", { keepAliveSeconds: 10 });
    mqtt.eventLog.isGated = true;
    client.send(publishPacket({ topic: client.login.topic, packetId: 1 }));
    await mqtt.until(() => mqtt.eventLog.gates.length === 1);
    client.send(PINGREQ);
    await mqtt.clock.advance(60_000);
    mqtt.eventLog.gates[0]?.commit();
    await expectPackets(client, puback(1), PINGRESP);
  });

  test("when the machine's clock is set", async () => {
    await using mqtt = await MqttTest.start();
    const client = await mqtt.connected("d1", { keepAliveSeconds: 10 });
    const now = mqtt.clock.now();
    mqtt.clock.now = () => now + 86_400_000;
    await mqtt.clock.advance(2000);
    await mqtt.roundTrip(client);
    expect(mqtt.log.closeReasons).toEqual([]);
  });
});
