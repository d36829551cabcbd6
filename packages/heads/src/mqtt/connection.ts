import type { Duplex } from "node:stream";
import type { CloseReason, InjectedFault, SessionConnection, Timer } from "@larimar/domain";
import type { ConnectPacket, MqttPacket, UnsupportedProtocol } from "@larimar/wire";
import {
  CONNECT_RETURN_CODE,
  MQTT_PACKET_TYPE,
  MqttPacketReader,
  PINGRESP,
  checkEmpty,
  decodeConnect,
  decodePuback,
  decodePublish,
  encodeConnack,
} from "@larimar/wire";
import type { ConnectionContext } from "../head.ts";
import type { AcknowledgementSink } from "./publish/acknowledgements.ts";
import { Acknowledgements } from "./publish/acknowledgements.ts";
import { Client } from "./connect/client.ts";
import type { MqttCloseReason } from "./close-reason.ts";
import { Violation, closeReasonOf, describeFailure, logLevelOf } from "./close-reason.ts";
import type { Admission, Refusal } from "./connect/connect.ts";
import { decideConnect } from "./connect/connect.ts";
import type { ConnectionParts } from "./connection-parts.ts";
import type { Watched } from "./idle-watch.ts";
import { IdleWatch } from "./idle-watch.ts";
import type { ReplySink } from "./publish/ordered-replies.ts";
import { OrderedReplies } from "./publish/ordered-replies.ts";
import { submit, takePublish } from "./publish/publish.ts";
import { isRequest, takeRequest } from "./requests/take-request.ts";
import { answerSubscribe, answerUnsubscribe, resumeSubscriptions } from "./subscribe/subscribe.ts";
import type { Subscription } from "./subscribe/subscriptions.ts";

/**
 * waiting: only a CONNECT may come. connecting: nothing is read until it is decided. open. settling: nothing
 * more is taken, acknowledgements still go out. ending: all is written. closed.
 */
type Phase = "waiting" | "connecting" | "open" | "settling" | "ending" | "closed";

/** One socket from its first byte to its last. */
export class Connection implements SessionConnection, AcknowledgementSink, ReplySink, Watched {
  deadlineTick: number;
  readonly #stream: Duplex;
  readonly #parts: ConnectionParts;
  readonly #reader: MqttPacketReader;
  readonly #remoteAddress: string;
  /** With the client's certificates, which need not be kept any longer than it takes to judge them. */
  #context: ConnectionContext | undefined;
  #phase: Phase = "waiting";
  #client: Client | undefined;
  #acknowledgements: Acknowledgements | undefined;
  #orderedReplies: OrderedReplies | undefined;
  #silenceTicksMax = 0;
  #isPaused = false;
  #awaitsDrain = false;
  #graceTimer: Timer | undefined;
  readonly #listeners = {
    onData: (chunk: Buffer) => this.#onData(chunk),
    onEnd: () => this.#onEnd(),
    onError: (error: Error) => this.#onError(error),
    onClosed: () => this.#onClosed(),
  };

  constructor(stream: Duplex, context: ConnectionContext, parts: ConnectionParts) {
    this.#stream = stream;
    this.#parts = parts;
    this.#remoteAddress = context.remoteAddress;
    this.#context = context;
    this.#reader = new MqttPacketReader(parts.limits.connectBytesMax);
    this.deadlineTick = parts.idleWatch.tick + IdleWatch.ticksIn(parts.limits.connectDeadlineMs);
    parts.idleWatch.add(this);
    const { onData, onEnd, onError, onClosed } = this.#listeners;
    stream.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClosed);
  }

  /** The hub has ended the session: the socket closes without a packet. */
  close(reason: CloseReason): void {
    this.#abort(reason);
  }

  /** This protocol has no packet to say goodbye with: the socket ends, abruptly or in order. */
  injectFault({ type }: InjectedFault): void {
    if (type === "KillTcp") this.#abort("faultInjected");
    else if (type === "ShutDownMqtt") this.#settle("faultInjected");
  }

  /** Acknowledgements that are on their way still go out. */
  shutDown(): void {
    if (this.#phase === "open") this.#settle("shutdown");
    else if (this.#isUndecided()) this.#abort("shutdown");
  }

  onIdle(): void {
    if (this.#phase !== "open") this.#abort("connectTimeout");
    // A client that nobody reads from cannot show that it is alive.
    else if (this.#isPaused) this.#touch();
    else this.#abort("keepAliveTimeout");
  }

  send(bytes: Uint8Array): void {
    if (this.#phase === "ending" || this.#phase === "closed") return;
    this.#stream.write(bytes);
    if (this.#stream.writableLength > this.#parts.limits.outgoingBytesMax) {
      this.#abort("outgoingBytesExceeded");
    }
  }

  onAcknowledged(): void {
    if (this.#phase === "open") this.#regulate();
    else if (this.#phase === "settling") this.#endWhenSettled();
  }

  onReplyFailed(error: unknown): void {
    this.#abort("internalError", error);
  }

  onNotDurable(error: unknown): void {
    this.#abort(closeReasonOf(error), error);
  }

  #onData(chunk: Buffer): void {
    if (this.#phase === "open") this.#touch();
    if (!this.#isUndecided()) return;
    this.#reader.push(chunk);
    this.#process();
  }

  /** Takes everything one read brought: one call for its telemetry, one write for other answers. */
  #process(): void {
    let failure: unknown;
    let hasLeft = false;
    try {
      while (!hasLeft && this.#isReading() && this.#reader.next()) {
        hasLeft = this.#handle(this.#reader) === "left";
      }
    } catch (error) {
      failure = error;
    }
    try {
      this.#submit();
    } catch (error) {
      failure ??= error;
    }
    this.#sendReplies();
    if (failure !== undefined) this.#settle(closeReasonOf(failure), failure);
    else if (hasLeft) this.#settle("left");
    else if (this.#phase === "open") this.#regulate();
  }

  #handle(packet: MqttPacket): "left" | undefined {
    const client = this.#client;
    if (client === undefined) {
      this.#takeConnect(packet);
      return undefined;
    }
    switch (packet.type) {
      case MQTT_PACKET_TYPE.publish:
        this.#takePublish(client, packet);
        return undefined;
      case MQTT_PACKET_TYPE.puback:
        client.inlets?.commands?.acknowledge(decodePuback(packet).packetId);
        return undefined;
      case MQTT_PACKET_TYPE.subscribe:
        this.#replyAndApply(client, answerSubscribe(packet, client));
        return undefined;
      case MQTT_PACKET_TYPE.unsubscribe:
        this.#replyAndApply(client, answerUnsubscribe(packet, client));
        return undefined;
      case MQTT_PACKET_TYPE.pingreq:
        checkEmpty(packet);
        this.#reply(PINGRESP);
        return undefined;
      case MQTT_PACKET_TYPE.disconnect:
        checkEmpty(packet);
        client.will = undefined; // [MQTT-3.14.4-3]
        return "left";
      case MQTT_PACKET_TYPE.connect:
        throw new Violation("unexpectedPacket", "A second CONNECT came"); // [MQTT-3.1.0-2]
      default:
        throw new Violation("unexpectedPacket", "A packet came that only servers send");
    }
  }

  #takePublish(client: Client, packet: MqttPacket): void {
    const { view } = this.#parts;
    decodePublish(packet, view);
    if (!isRequest(view, packet.bytes)) {
      takePublish(client, packet, this.#parts);
      return;
    }
    // Acknowledgements go out in order of receipt: what came before is submitted before.
    const bytes = view.payloadEnd - view.topicStart;
    const read = { packetIds: [view.packetId], bytes };
    const { clock, log } = this.#parts;
    this.#submit();
    const handled = takeRequest(client, packet, view, {
      clock,
      onUnexpected: (error) => log.error({ ...this.#describe(), err: error }, "request failed"),
    });
    this.#acknowledgements ??= new Acknowledgements(this);
    this.#acknowledgements.expect(read, handled);
  }

  /** What the client hears changes once it was told so. */
  #replyAndApply(client: Client, answer: Promise<Uint8Array>): void {
    this.#orderedReplies ??= new OrderedReplies(this);
    this.#orderedReplies.add(answer, () => {
      if (this.#phase === "open") client.subscriptionsChanged();
    });
  }

  #reply(bytes: Uint8Array): void {
    if (this.#orderedReplies?.isEmpty === false) this.#orderedReplies.add(Promise.resolve(bytes));
    else this.#parts.replies.push(bytes);
  }

  /** [MQTT-3.1.0-1] */
  #takeConnect(packet: MqttPacket): void {
    if (packet.type !== MQTT_PACKET_TYPE.connect) {
      throw new Violation("unexpectedPacket", "A packet came before CONNECT");
    }
    const connect = decodeConnect(packet);
    if (!("protocolLevel" in connect) && this.#handOver(connect)) return;
    this.#phase = "connecting";
    this.#regulate();
    void this.#connect(connect);
  }

  /** A device that provisions itself is no client of a hub: from here on the socket is somebody else's. */
  #handOver(connect: ConnectPacket): boolean {
    const { provisioning, idleWatch, onClosed } = this.#parts;
    const name = provisioning?.nameOf(connect);
    const context = this.#context;
    if (provisioning === undefined || name === undefined || context === undefined) return false;
    this.#phase = "closed";
    this.#context = undefined;
    idleWatch.delete(this);
    const stream = this.#stream;
    const listeners = this.#listeners;
    stream.off("data", listeners.onData).off("end", listeners.onEnd);
    stream.off("error", listeners.onError).off("close", listeners.onClosed);
    provisioning.take({ stream, context, reader: this.#reader, connect, name });
    onClosed(this);
    return true;
  }

  async #connect(connect: ConnectPacket | UnsupportedProtocol): Promise<void> {
    const context = this.#context;
    this.#context = undefined;
    if (context === undefined) return;
    try {
      const decision = await decideConnect(connect, context, this.#parts);
      if (this.#phase !== "connecting") return;
      if (decision.kind === "refused") {
        this.#refuse(decision);
        return;
      }
      const { hub, authenticated, isCleanSession } = decision;
      const stored = await resumeSubscriptions(hub, authenticated.identity, isCleanSession);
      if (this.#phase === "connecting") this.#open(decision, stored);
    } catch (error) {
      this.#abort("internalError", error);
    }
  }

  #refuse(refusal: Refusal): void {
    const { returnCode, deviceId, detail, cause } = refusal;
    this.send(encodeConnack({ returnCode, isSessionPresent: false }));
    const reason = cause === undefined ? "connectRefused" : "internalError";
    this.#settle(reason, cause, { returnCode, deviceId, detail });
  }

  #open(admission: Admission, stored: readonly Subscription[] | undefined): void {
    const { hub, authenticated, modelId, will, keepAliveSeconds, productInfo } = admission;
    const { limits, log } = this.#parts;
    // May close an older connection of the same identity. [MQTT-3.1.4-2]
    const session = hub.sessions.open({
      authenticated,
      protocol: "mqtt",
      connection: this,
      modelId,
    });
    const client = new Client({
      hub,
      session,
      will,
      limits,
      isPersistent: !admission.isCleanSession,
      send: (packet) => this.send(packet),
      onError: (error) => log.error({ ...this.#describe(), err: error }, "delivery failed"),
    });
    this.#client = client;
    this.#phase = "open";
    this.#reader.remainingLengthMax = limits.packetBytesMax;
    this.#silenceTicksMax = IdleWatch.ticksIn(silenceMaxMs(keepAliveSeconds, limits.silenceMaxMs));
    this.#touch();
    log.info({ ...this.#describe(), productInfo }, "device connected");
    const { accepted } = CONNECT_RETURN_CODE;
    this.send(encodeConnack({ returnCode: accepted, isSessionPresent: stored !== undefined }));
    if (modelId !== undefined) {
      hub.twins.announceModel(authenticated.identity, modelId).catch((error: unknown) => {
        log.error({ ...this.#describe(), err: error }, "model not recorded");
      });
    }
    client.restore(stored ?? []);
    // Clients need not wait for CONNACK; what they sent behind CONNECT is still in the reader.
    this.#process();
  }

  #submit(): void {
    const { batch } = this.#parts;
    if (this.#client === undefined || batch.messages.length === 0) return;
    this.#acknowledgements ??= new Acknowledgements(this);
    submit(this.#client, batch, this.#acknowledgements);
  }

  #sendReplies(): void {
    const { replies } = this.#parts;
    const [first] = replies;
    if (first === undefined) return;
    const bytes = replies.length === 1 ? first : Buffer.concat(replies);
    replies.length = 0;
    this.send(bytes);
  }

  #touch(): void {
    this.deadlineTick = this.#parts.idleWatch.tick + this.#silenceTicksMax;
  }

  /** Reads no further while too much waits for the disk: this client's share, or everybody's. */
  #regulate(): void {
    const { limits } = this.#parts;
    if (this.#phase === "open" && !this.#awaitsDrain) this.#awaitDrain();
    const waiting = this.#acknowledgements;
    const isFull =
      waiting !== undefined &&
      (waiting.waitingBytes > limits.unacknowledgedBytesMax ||
        waiting.waitingMessages > limits.unacknowledgedMessagesMax);
    const shouldPause = this.#phase === "connecting" || this.#awaitsDrain || isFull;
    if (shouldPause === this.#isPaused) return;
    this.#isPaused = shouldPause;
    if (shouldPause) this.#stream.pause();
    else this.#stream.resume();
  }

  #awaitDrain(): void {
    const telemetry = this.#client?.hub.telemetry;
    if (telemetry?.isCongested !== true) return;
    this.#awaitsDrain = true;
    const goOn = () => {
      this.#awaitsDrain = false;
      if (this.#phase === "open") this.#regulate();
    };
    telemetry.drained().then(goOn, goOn);
  }

  #isReading(): boolean {
    return this.#phase === "waiting" || this.#phase === "open";
  }

  /** True until somebody has decided that this connection is over. */
  #isUndecided(): boolean {
    return this.#isReading() || this.#phase === "connecting";
  }

  /** Takes nothing more, lets answers go out, and closes. */
  #settle(reason: MqttCloseReason | "left", error?: unknown, fields: object = {}): void {
    if (!this.#isUndecided()) return;
    if (reason === "left") this.#parts.log.debug(this.#describe(), "device disconnected");
    else this.#logClose(reason, error, fields);
    this.#leaveHub();
    this.#phase = "settling";
    this.#graceTimer = this.#parts.clock.after(this.#parts.limits.closeGraceMs, () => {
      this.#destroy();
    });
    this.#endWhenSettled();
  }

  #endWhenSettled(): void {
    if (this.#acknowledgements?.isEmpty === false) return;
    this.#phase = "ending";
    this.#stream.end();
    // What still comes is read and dropped, or the system would discard our last packet with it.
    this.#stream.resume();
  }

  #abort(reason: MqttCloseReason, error?: unknown): void {
    if (this.#phase === "closed") return;
    if (this.#isUndecided()) this.#logClose(reason, error, {});
    this.#leaveHub(reason);
    this.#destroy();
  }

  #onError(error: Error): void {
    this.#parts.log.debug({ ...this.#describe(), detail: error.message }, "connection failed");
    this.#onClosed();
  }

  /** The client sends nothing more; what is being written to it may still arrive. */
  #onEnd(): void {
    if (this.#phase !== "ending") this.#onClosed();
  }

  #onClosed(): void {
    if (this.#phase === "closed") return;
    if (this.#isUndecided()) {
      this.#parts.log.debug(this.#describe(), "connection closed by the client");
    }
    this.#leaveHub();
    this.#destroy();
  }

  #destroy(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#graceTimer?.cancel();
    this.#parts.idleWatch.delete(this);
    this.#stream.destroy();
    this.#parts.onClosed(this);
  }

  #leaveHub(reason?: MqttCloseReason): void {
    const client = this.#client;
    if (client === undefined) return;
    this.#parts.publishWill(client, reason);
    client.end();
  }

  #logClose(reason: MqttCloseReason, error: unknown, fields: object): void {
    const facts = { ...this.#describe(), reason, ...describeFailure(error), ...fields };
    this.#parts.log[logLevelOf(reason)](facts, "connection closed by the server");
  }

  #describe(): object {
    const client = this.#client;
    const { deviceId, moduleId } = client?.session.identity ?? {};
    const hub = client?.hub.settings.name;
    return { protocol: "mqtt", hub, deviceId, moduleId, remoteAddress: this.#remoteAddress };
  }
}

/** One and a half times what the client announced, but there is an end to it. [MQTT-3.1.2-24] */
function silenceMaxMs(keepAliveSeconds: number, longestMs: number): number {
  return keepAliveSeconds === 0 ? longestMs : Math.min(keepAliveSeconds * 1500, longestMs);
}
