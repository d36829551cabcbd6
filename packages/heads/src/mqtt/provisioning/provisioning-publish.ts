import type { MqttPacket } from "@larimar/wire";
import {
  asciiJson,
  createPublishView,
  decodePublish,
  decodeUtf8,
  encodePublish,
  formatProvisioningResponseTopic,
  parseProvisioningTopic,
} from "@larimar/wire";
import type { DeviceAnswer, DeviceOperation } from "../../provisioning-api/device-api.ts";
import { Violation } from "../close-reason.ts";

export interface ProvisioningRequest {
  /** What the client finds its answer by. */
  readonly rid: string;
  /** 0 with QoS 0. */
  readonly packetId: number;
  readonly operation: DeviceOperation;
}

/** Throws `Violation` for what a device that provisions itself must not publish. */
export function readRequest(packet: MqttPacket): ProvisioningRequest {
  const view = createPublishView();
  decodePublish(packet, view);
  if (view.qos === 2) throw new Violation("qos2Refused", "QoS 2 is not spoken here");
  const topic = decodeUtf8(packet.bytes, view.topicStart, view.topicEnd);
  const asked = topic === undefined ? undefined : parseProvisioningTopic(topic);
  if (asked === undefined) {
    throw new Violation("unknownTopic", "A topic is not one of provisioning's");
  }
  const { rid } = asked;
  const { packetId } = view;
  if (asked.kind === "operation") {
    // What stands in the body of such a request differs with every client; nobody looks at it.
    return { rid, packetId, operation: { kind: "operation", operationId: asked.operationId } };
  }
  // A copy: the bytes of a read are used again.
  const body = packet.bytes.slice(view.payloadStart, view.payloadEnd);
  return { rid, packetId, operation: { kind: "register", body } };
}

export function encodeAnswer(
  { status, body, retryAfterS }: DeviceAnswer,
  { rid, packetId }: { rid: string; packetId: number },
): Uint8Array {
  return encodePublish({
    topic: formatProvisioningResponseTopic({ status, rid, retryAfterS }),
    payload: Buffer.from(asciiJson(body)),
    qos: 1,
    packetId,
  });
}
