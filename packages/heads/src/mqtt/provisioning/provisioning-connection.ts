import type { Duplex } from "node:stream";
import type { Clock, Timer } from "@larimar/domain";
import type { MqttPacket, MqttPacketReader } from "@larimar/wire";
import {
  CONNECT_RETURN_CODE,
  MQTT_PACKET_TYPE,
  PINGRESP,
  PUBACK_BYTES,
  SUBACK_FAILURE,
  checkEmpty,
  decodeSubscribe,
  decodeUnsubscribe,
  encodeConnack,
  encodeSuback,
  encodeUnsuback,
  isProvisioningFilter,
  writePuback,
} from "@larimar/wire";
import type { Log } from "../../log.ts";
import type { DeviceAnswer, DeviceOperation } from "../../provisioning-api/device-api.ts";
import { shortestWait } from "../../provisioning-api/shortest-wait.ts";
import { Violation, closeReasonOf, describeFailure } from "../close-reason.ts";
import type { Watched } from "../idle-watch.ts";
import { IdleWatch } from "../idle-watch.ts";
import type { MqttLimits } from "../mqtt-limits.ts";
import type { ProvisioningHandover } from "./provisioning-clients.ts";
import { encodeAnswer, readRequest } from "./provisioning-publish.ts";

export interface ProvisioningConnectionParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: MqttLimits;
  readonly idleWatch: IdleWatch;
  readonly ask: (operation: DeviceOperation) => Promise<DeviceAnswer>;
  readonly onClosed: (connection: ProvisioningConnection) => void;
}

/** A registration with its payload, and its topic. */
const PACKET_BYTES_MAX = 192 * 1024;
/** Clients wait for each answer; one that does not is closed. */
const REQUESTS_WAITING_MAX = 8;

/** One device that provisions itself, from CONNACK to its last answer. (protocol reference: provisioning 3) */
export class ProvisioningConnection implements Watched {
  deadlineTick: number;
  readonly #parts: ProvisioningConnectionParts;
  readonly #stream: Duplex;
  readonly #reader: MqttPacketReader;
  readonly #registrationId: string;
  readonly #remoteAddress: string;
  readonly #silenceTicksMax: number;
  /** Answers go out one after another, in the order of their requests. */
  #answers: Promise<void> = Promise.resolve();
  #waitingCount = 0;
  #packetId = 0;
  #hasProved = false;
  #grace: Timer | undefined;
  #isOver = false;
  #isClosed = false;

  constructor(handover: ProvisioningHandover, parts: ProvisioningConnectionParts) {
    const { stream, context, reader, connect, name } = handover;
    const { idleWatch, limits } = parts;
    this.#parts = parts;
    this.#stream = stream;
    this.#reader = reader;
    this.#registrationId = name.registrationId;
    this.#remoteAddress = context.remoteAddress;
    reader.remainingLengthMax = PACKET_BYTES_MAX;
    const silenceMs = connect.keepAliveSeconds === 0 ? Infinity : connect.keepAliveSeconds * 1500;
    this.#silenceTicksMax = IdleWatch.ticksIn(Math.min(silenceMs, limits.silenceMaxMs));
    // Nobody has proved anything yet: until then there is little time, however much is sent.
    this.deadlineTick = idleWatch.tick + IdleWatch.ticksIn(limits.connectDeadlineMs);
    idleWatch.add(this);
    stream.on("data", (chunk: Buffer) => this.#onData(chunk));
    stream.on("end", () => this.#end());
    stream.on("error", () => this.#close());
    stream.on("close", () => this.#close());
  }

  /** There is never a session to come back to, whatever the client asks for. */
  open(): void {
    const returnCode = CONNECT_RETURN_CODE.accepted;
    this.#stream.write(encodeConnack({ returnCode, isSessionPresent: false }));
    this.#process();
  }

  onIdle(): void {
    this.#parts.log.info(this.#describe(), "provisioning connection was silent for too long");
    this.#close();
  }

  /** What is being asked is still answered. */
  shutDown(): void {
    this.#end();
  }

  #onData(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#hasProved) this.#touch();
    this.#reader.push(chunk);
    this.#process();
  }

  #process(): void {
    try {
      while (!this.#isOver && this.#reader.next()) this.#handle(this.#reader);
    } catch (error) {
      const facts = {
        ...this.#describe(),
        reason: closeReasonOf(error),
        ...describeFailure(error),
      };
      this.#parts.log.warn(facts, "provisioning connection closed by the server");
      this.#end();
    }
  }

  #handle(packet: MqttPacket): void {
    switch (packet.type) {
      case MQTT_PACKET_TYPE.publish:
        this.#takeRequest(packet);
        return;
      case MQTT_PACKET_TYPE.subscribe: {
        const { packetId, requests } = decodeSubscribe(packet);
        const codes = requests.map(({ filter, qos }) =>
          isProvisioningFilter(filter) ? Math.min(qos, 1) : SUBACK_FAILURE,
        );
        this.#stream.write(encodeSuback(packetId, codes));
        return;
      }
      case MQTT_PACKET_TYPE.unsubscribe:
        this.#stream.write(encodeUnsuback(decodeUnsubscribe(packet).packetId));
        return;
      case MQTT_PACKET_TYPE.puback:
        // Nothing is ever sent again, so nobody needs to know; one client acknowledges with 0.
        return;
      case MQTT_PACKET_TYPE.pingreq:
        checkEmpty(packet);
        this.#stream.write(PINGRESP);
        return;
      case MQTT_PACKET_TYPE.disconnect:
        this.#end();
        return;
      default:
        throw new Violation("unexpectedPacket", "A packet came that has no place here");
    }
  }

  /** One client takes anything but PUBACK, then exactly one answer, for the end of its registration. */
  #takeRequest(packet: MqttPacket): void {
    const { rid, packetId, operation } = readRequest(packet);
    if (this.#waitingCount === REQUESTS_WAITING_MAX) {
      throw new Violation("unexpectedPacket", "Too many requests wait for their answers");
    }
    if (packetId !== 0) {
      const puback = Buffer.allocUnsafe(PUBACK_BYTES);
      writePuback(packetId, puback, 0);
      this.#stream.write(puback);
    }
    this.#waitingCount += 1;
    const { clock, limits } = this.#parts;
    const mayLeave = shortestWait(clock, limits.provisioningAnswerMsMin);
    this.#answers = this.#answers
      .then(() => Promise.all([this.#parts.ask(operation), mayLeave]))
      .then(([answer]) => {
        this.#waitingCount -= 1;
        if (this.#stream.destroyed || this.#stream.writableEnded) return;
        this.#hasProved ||= answer.status < 400;
        if (this.#hasProved) this.#touch();
        this.#packetId = (this.#packetId % 0xffff) + 1;
        this.#stream.write(encodeAnswer(answer, { rid, packetId: this.#packetId }));
      });
  }

  #touch(): void {
    this.deadlineTick = this.#parts.idleWatch.tick + this.#silenceTicksMax;
  }

  /** Takes nothing more; answers on their way go out first. */
  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { clock, limits } = this.#parts;
    this.#grace = clock.after(limits.closeGraceMs, () => this.#close());
    void this.#answers.then(() => {
      this.#stream.end(() => this.#close());
      // What still comes is read and dropped, or the system would discard our last packet with it.
      this.#stream.resume();
    });
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isOver = true;
    this.#grace?.cancel();
    this.#parts.idleWatch.delete(this);
    this.#stream.destroy();
    this.#parts.onClosed(this);
  }

  #describe(): object {
    return {
      protocol: "mqtt",
      registrationId: this.#registrationId.slice(0, 128),
      remoteAddress: this.#remoteAddress,
    };
  }
}
