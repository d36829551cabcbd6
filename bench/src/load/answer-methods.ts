import type { LoadConnection } from "./mqtt/load-connection.ts";
import { encodePublishQos0 } from "./mqtt/mqtt-packets.ts";

const PUBLISH_QOS0_FIRST_BYTE = 0x30;
const REQUEST = /^\$iothub\/methods\/POST\/[^/]+\/\?\$rid=(.+)$/;

/** The device's part of a direct method, as soon as it arrives and with what it asked. */
export function answerMethods(connection: LoadConnection): void {
  connection.onPacket = (firstByte, body) => {
    if (firstByte !== PUBLISH_QOS0_FIRST_BYTE) return;
    const payloadAt = 2 + ((body[0]! << 8) | body[1]!);
    const topic = Buffer.from(body.subarray(2, payloadAt)).toString("utf8");
    const requestId = REQUEST.exec(topic)?.[1];
    if (requestId === undefined) return;
    const answer = `$iothub/methods/res/200/?$rid=${requestId}`;
    connection.write(encodePublishQos0(answer, body.subarray(payloadAt)));
  };
}
