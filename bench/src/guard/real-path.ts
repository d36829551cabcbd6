import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import type { Append, Clock, EventLog } from "@larimar/domain";
import { createHubDirectory } from "@larimar/domain";
import { createTestHub } from "@larimar/domain/fixtures";
import { createMqttHead } from "@larimar/heads/mqtt";
import { createEventEncoder } from "@larimar/wire";
import { encodeConnect } from "../load/mqtt/mqtt-packets.ts";
import { sasToken } from "../peers/larimar-client.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

const CLOCK: Clock = {
  now: () => Date.now(),
  after(delayMs, call) {
    const timer = setTimeout(call, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** What the server does with telemetry between its socket and its disk, without either. */
export class RealPath {
  readonly #socket: FakeSocket;

  private constructor(socket: FakeSocket) {
    this.#socket = socket;
  }

  static async connect(deviceId: string): Promise<RealPath> {
    const log = new DiscardingLog();
    const { hub } = createTestHub({
      clock: CLOCK,
      encoder: createEventEncoder(),
      eventLog: log as unknown as EventLog,
    });
    const { device } = await hub.devices.create({ deviceId });
    if (device.authentication.type !== "sas") throw new Error("the device has no key");
    const [hostName] = hub.settings.hostNames;
    const head = createMqttHead({
      hubs: createHubDirectory([hub], { isStrict: false }),
      clock: CLOCK,
      log: SILENT,
    });
    const socket = new FakeSocket();
    head.accept(socket as unknown as Duplex, {
      serverName: undefined,
      certificate: undefined,
      remoteAddress: "127.0.0.1",
      transport: "tcp",
    });
    const resource = `${hostName}/devices/${deviceId}`;
    const identity = {
      clientId: deviceId,
      username: `${hostName}/${deviceId}/?api-version=2021-04-12`,
      password: sasToken({ resource, key: device.authentication.primaryKey }),
      topic: "",
    };
    socket.emit("data", encodeConnect({ identity, keepAliveSeconds: 0, cleanSession: true }));
    const endMs = performance.now() + 10_000;
    while (socket.writtenBytes === 0) {
      if (performance.now() > endMs) throw new Error("the guard's client was not answered");
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (socket.last?.[3] !== 0) {
      throw new Error("the guard's client was refused");
    }
    socket.writtenBytes = 0;
    return new RealPath(socket);
  }

  get acknowledged(): number {
    return this.#socket.writtenBytes / 4;
  }

  take(chunk: Buffer): void {
    this.#socket.emit("data", chunk);
  }
}

/** As much of a socket as the head uses. */
class FakeSocket extends EventEmitter {
  readonly writableLength = 0;
  writtenBytes = 0;
  last: Uint8Array | undefined;

  write(bytes: Uint8Array): boolean {
    this.last = bytes;
    this.writtenBytes += bytes.length;
    return true;
  }

  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
}

/** Everything is on disk at once. */
class DiscardingLog {
  readonly partitionCount = 4;
  readonly isCongested = false;
  readonly #target = new Uint8Array(65_536);

  append(entry: Append): Promise<void> {
    entry.write(this.#target, 0, 1_700_000_000_000);
    return Promise.resolve();
  }
}
