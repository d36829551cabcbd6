import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client, Message } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";
import { expect, test } from "vitest";
import type { TestDevice } from "@larimar/testkit";
import { ServerProcess } from "@larimar/testkit";
import { EventsReader } from "../support/events/events-reader.ts";

const KILLS = 10;
const DEVICES = 8;
/** Each server lives for so many acknowledgements more than the one before. */
const ACKNOWLEDGEMENTS_STEP = 40;
const CLOSE_MS_MAX = 5000;

test("ten times killed with SIGKILL, the server has lost nothing that it acknowledged", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "larimar-crash-"));
  const server = new ServerProcess({
    dataDirectory: directory,
    address: "127.0.0.22",
    usesStandardPorts: true,
  });
  const acknowledged = new Set<string>();
  const devices: TestDevice[] = [];
  try {
    for (let round = 0; round < KILLS; round++) {
      await server.start();
      if (round === 0) {
        for (let i = 0; i < DEVICES; i++) {
          devices.push(await server.client().createDevice(`device-${i}`));
        }
      }
      const before = acknowledged.size;
      const stop = new AbortController();
      const senders = devices.map((device) =>
        sendUntilItFails(device, {
          caPem: server.client().caPem,
          round,
          acknowledged,
          stop: stop.signal,
        }),
      );
      const enough = before + ACKNOWLEDGEMENTS_STEP * (round + 1);
      await expect.poll(() => acknowledged.size).toBeGreaterThanOrEqual(enough);
      await server.kill();
      stop.abort();
      await Promise.all(senders);
    }
    await server.start();
    await using reader = await EventsReader.start(server.connection);
    const received = new Set<string>();
    await reader.waitFor(() => {
      for (const event of reader.events.splice(0)) received.add(event.messageId ?? "");
      return [...acknowledged].every((id) => received.has(id));
    }, `all ${acknowledged.size} acknowledged messages`);
    expect([...acknowledged].filter((id) => !received.has(id))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(KILLS * DEVICES);
  } finally {
    await server.kill();
    await rm(directory, { recursive: true, force: true });
  }
}, 240_000);

/** Sends one message after another and notes each that was acknowledged, until the server is gone. */
async function sendUntilItFails(
  device: TestDevice,
  options: { caPem: string; round: number; acknowledged: Set<string>; stop: AbortSignal },
): Promise<void> {
  const { caPem, round, acknowledged, stop } = options;
  const client = Client.fromConnectionString(device.connectionString, Mqtt);
  await client.setOptions({ ca: caPem });
  const stopped = new Promise<never>((_, reject) => {
    stop.addEventListener("abort", () => reject(new Error("stopped")));
  });
  stopped.catch(() => {});
  try {
    await Promise.race([client.open(), stopped]);
    for (let n = 0; !stop.aborted; n++) {
      const message = new Message("x".repeat(200));
      message.messageId = `${device.deviceId}-${round}-${n}`;
      await Promise.race([client.sendEvent(message), stopped]);
      acknowledged.add(message.messageId);
    }
  } catch {
    // The server was killed: what was not acknowledged by now was not promised.
  } finally {
    client.removeAllListeners();
    // One that lost its server while it was opening may never say that it is closed.
    const patience = delay(CLOSE_MS_MAX, undefined, { ref: false });
    await Promise.race([client.close().catch(() => {}), patience]);
  }
}
