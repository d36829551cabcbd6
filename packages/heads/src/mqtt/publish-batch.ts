import type { Message, MessageProperties } from "@larimar/domain";

/** The telemetry of one read, on its way into the hub in one call. */
export class PublishBatch {
  messages: Message[] = [];
  /** One for each message; 0 for QoS 0, which is not acknowledged. */
  packetIds: number[] = [];
  bytes = 0;

  add(properties: MessageProperties, body: Uint8Array, packetId: number): void {
    this.messages.push({ properties, body });
    this.packetIds.push(packetId);
    this.bytes += properties.sizeBytes + body.byteLength;
  }

  clear(): void {
    this.messages = [];
    this.packetIds = [];
    this.bytes = 0;
  }
}
