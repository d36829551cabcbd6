import type { AmqpMessage } from "@larimar/wire";
import { AmqpWriter, asciiJson, RETRY_AFTER_PROPERTIES } from "@larimar/wire";
import type { DeviceAnswer } from "../../provisioning-api/device-api.ts";

const PROPERTIES = 0x73;
const APPLICATION_PROPERTIES = 0x74;
const DATA = 0x75;
/** What stands before the correlation id in a message's properties. */
const FIELDS_BEFORE_CORRELATION = 5;

/** The answer to a request: one data section, found by its correlation id. */
export function encodeProvisioningResponse(
  request: AmqpMessage,
  { body, retryAfterS }: DeviceAnswer,
): Uint8Array {
  const writer = new AmqpWriter();
  const { correlationId, messageId } = request.properties;
  const correlation = correlationId ?? messageId;
  if (correlation !== undefined) {
    writer.described(PROPERTIES);
    const mark = writer.beginList();
    for (let i = 0; i < FIELDS_BEFORE_CORRELATION; i++) writer.null();
    // As it came: one client compares value and type.
    writer.raw(correlation);
    writer.end(mark, FIELDS_BEFORE_CORRELATION + 1);
  }
  if (retryAfterS !== undefined) {
    writer.described(APPLICATION_PROPERTIES);
    const mark = writer.beginMap();
    for (const name of RETRY_AFTER_PROPERTIES) {
      writer.string(name);
      writer.int(retryAfterS);
    }
    writer.end(mark, RETRY_AFTER_PROPERTIES.length * 2);
  }
  writer.described(DATA);
  writer.binary(Buffer.from(asciiJson(body)));
  return writer.written;
}
