import type { OnReadOpts } from "node:net";
import { connect, type ConnectionOptions, type SecureContext, type TLSSocket } from "node:tls";
import type { LoadTarget } from "../messages.ts";
import {
  CONNACK_FIRST_BYTE,
  encodeConnect,
  encodeDisconnect,
  encodeSubscribe,
  type MqttIdentity,
  SUBACK_FIRST_BYTE,
} from "./mqtt-packets.ts";
import { PacketScanner } from "./packet-scanner.ts";

/** Longer than any run, so that no keep-alive traffic is measured; the highest value Azure IoT Hub accepts is 1767. */
const KEEP_ALIVE_SECONDS = 1700;
const CONNACK_ACCEPTED = 0;
const SUBACK_REFUSED = 0x80;

// One read buffer serves all connections: Node calls back before it reads the next one.
const readBuffer = Buffer.allocUnsafe(65_536);

/** One authenticated MQTT connection of the generator. */
export class LoadConnection {
  readonly identity: MqttIdentity;
  /** Replaced by whichever loop is driving the connection. */
  onPuback: (packetId: number) => void = () => {};
  /** What arrives once the connection is open and is no PUBACK; `body` is only valid during the call. */
  onPacket: (firstByte: number, body: Uint8Array) => void = () => {};
  onLost: (reason: string) => void = () => {};
  readonly #socket: TLSSocket;
  #isClosing = false;

  private constructor(identity: MqttIdentity, socket: TLSSocket) {
    this.identity = identity;
    this.#socket = socket;
  }

  static async open(options: {
    target: LoadTarget;
    identity: MqttIdentity;
    subscriptions: readonly string[];
    secureContext: SecureContext;
    timeoutMs: number;
    cleanSession?: boolean;
    subscriptionQos?: 0 | 1;
  }): Promise<LoadConnection> {
    const { target, identity, subscriptions, timeoutMs } = options;
    const { cleanSession = true, subscriptionQos: qos = 0 } = options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail("no answer within the time limit"), timeoutMs);
      const scanner = new PacketScanner({
        onPuback: (packetId) => connection.onPuback(packetId),
        onOther: (firstByte, body) => {
          if (firstByte === CONNACK_FIRST_BYTE) {
            if (body[1] !== CONNACK_ACCEPTED) fail(`CONNACK code ${body[1]}`);
            else if (subscriptions.length === 0) ready();
            else {
              socket.write(encodeSubscribe({ packetId: 1, filters: subscriptions, qos }));
            }
          } else if (firstByte === SUBACK_FIRST_BYTE) {
            if (body.subarray(2).includes(SUBACK_REFUSED)) fail("SUBACK refused a filter");
            else ready();
          } else connection.onPacket(firstByte, body);
        },
      });
      // `onread` skips the readable stream, the dearest part of receiving many small packets.
      const connectOptions: ConnectionOptions & { onread: OnReadOpts } = {
        host: target.host,
        port: target.port,
        servername: target.servername,
        secureContext: options.secureContext,
        onread: {
          buffer: readBuffer,
          callback: (byteCount: number, buffer: Uint8Array) => {
            try {
              scanner.push(buffer.subarray(0, byteCount));
            } catch (error) {
              socket.destroy(error as Error);
            }
            return true;
          },
        },
      };
      const socket = connect(connectOptions);
      const connection = new LoadConnection(identity, socket);
      const fail = (reason: string) => {
        clearTimeout(timer);
        connection.#isClosing = true;
        socket.destroy();
        reject(new Error(reason));
      };
      const ready = () => {
        clearTimeout(timer);
        resolve(connection);
      };
      let lastError: string | undefined;
      socket.setNoDelay(true);
      socket.on("secureConnect", () => {
        socket.write(
          encodeConnect({ identity, keepAliveSeconds: KEEP_ALIVE_SECONDS, cleanSession }),
        );
      });
      socket.on("error", (error: NodeJS.ErrnoException) => {
        lastError = error.code ?? error.message;
      });
      socket.on("close", () => {
        const reason = lastError ?? "closed by the server";
        if (!connection.#isClosing) connection.onLost(reason);
        clearTimeout(timer);
        reject(new Error(reason)); // without effect once the connection is open
      });
    });
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#socket.destroy(), 1000);
      this.#socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      this.#socket.end(encodeDisconnect());
    });
  }
}
