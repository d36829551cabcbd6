import type { Clock } from "@larimar/domain";
import type { MqttPacket, PublishView } from "@larimar/wire";
import { decodeUtf8, parseMethodResponseTopic, parseTwinRequestTopic } from "@larimar/wire";
import type { Client } from "../connect/client.ts";
import { Violation } from "../close-reason.ts";
import { answerTwinRequest } from "./twin-request.ts";

const DOLLAR = 0x24;

/** Everything that is no telemetry goes to a topic that begins with a dollar sign. */
export function isRequest(publish: PublishView, bytes: Uint8Array): boolean {
  return bytes[publish.topicStart] === DOLLAR;
}

/**
 * Handles what a client asks for or answers. Resolves when its PUBACK may go out, which is after the answer:
 * SDKs that wait for an answer do not look for one that comes without a request.
 */
export function takeRequest(
  client: Client,
  packet: MqttPacket,
  view: PublishView,
  parts: { clock: Clock; onUnexpected: (error: unknown) => void },
): Promise<void> {
  if (view.qos === 2) throw new Violation("qos2Refused", "A message of QoS 2 came");
  const topic = decodeUtf8(packet.bytes, view.topicStart, view.topicEnd);
  if (topic === undefined) throw new Violation("malformedPacket", "A topic is not UTF-8");
  const body = packet.bytes.subarray(view.payloadStart, view.payloadEnd);
  const methodResponse = parseMethodResponseTopic(topic);
  if (methodResponse !== undefined) {
    client.inlets?.methods?.answer(methodResponse.requestId, methodResponse.status, body);
    return Promise.resolve();
  }
  const twinRequest = parseTwinRequestTopic(topic);
  if (twinRequest === undefined) {
    throw new Violation("unknownTopic", "A topic is not one of the hub's");
  }
  const { hub, session } = client;
  return answerTwinRequest(twinRequest, body, { hub, key: session.identity, ...parts }).then(
    (answer) => {
      if (client.hears("twinResponses")) client.send(answer);
    },
  );
}
