import type { Message } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import type { MqttPacket, PublishView } from "@larimar/wire";
import type { Acknowledgements } from "./acknowledgements.ts";
import type { Client } from "../connect/client.ts";
import { Violation } from "../close-reason.ts";
import type { PublishBatch } from "./publish-batch.ts";

/** Adds a PUBLISH, which the view describes, to what this read brought; its body stays where it was read. */
export function takePublish(
  client: Client,
  packet: MqttPacket,
  scratch: { batch: PublishBatch; view: PublishView },
): void {
  const { batch, view } = scratch;
  if (view.qos === 2) throw new Violation("qos2Refused", "A message of QoS 2 came");
  const properties = client.topics.propertiesOf(view, packet.bytes);
  batch.add(properties, view.packetId, packet.bytes, view.payloadStart, view.payloadEnd);
}

/**
 * Hands a read's telemetry to the hub, which has copied it when this returns. Throws what the hub refuses at
 * once; what happens on the way to the disk comes through the acknowledgements.
 */
export function submit(
  client: Client,
  batch: PublishBatch,
  acknowledgements: Acknowledgements,
): void {
  const { messages, packetIds, bytes } = batch;
  batch.clear();
  try {
    acknowledgements.expect({ packetIds, bytes }, accept(client, messages));
  } catch (error) {
    const isOneTooLarge = error instanceof HubError && error.code === "MessageTooLarge";
    if (!isOneTooLarge || messages.length === 1) throw error;
    submitUntilRefused(client, messages, packetIds, acknowledgements);
  }
}

/**
 * The hub takes all or nothing. What came before the message it refuses is taken nevertheless: the client
 * would send it again and again in front of the same message.
 */
function submitUntilRefused(
  client: Client,
  messages: readonly Message[],
  packetIds: readonly number[],
  acknowledgements: Acknowledgements,
): void {
  for (const [index, message] of messages.entries()) {
    const bytes = message.properties.sizeBytes + message.body.byteLength;
    const read = { packetIds: packetIds.slice(index, index + 1), bytes };
    acknowledgements.expect(read, accept(client, [message]));
  }
}

function accept({ hub, session }: Client, messages: readonly Message[]): Promise<void> {
  return hub.telemetry.accept(session, messages);
}
