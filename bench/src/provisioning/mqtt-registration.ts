import type { SecureContext } from "node:tls";
import { LoadConnection } from "../load/mqtt/load-connection.ts";
import type { LoadTarget } from "../load/messages.ts";
import { encodePublishQos1 } from "../load/mqtt/mqtt-packets.ts";
import type { DeviceAnswer } from "./registration-exchange.ts";
import { registerWith } from "./registration-exchange.ts";
import type { StormDevice } from "./storm-device.ts";

const API_VERSION = "2019-03-31";
const ANSWER_FILTER = "$dps/registrations/res/#";
const ANSWER_TOPIC = /^\$dps\/registrations\/res\/(\d+)\/\?\$rid=[^&]*(?:&retry-after=(\d+))?/;
const PUBLISH_TYPE = 3;

/** One device over MQTT, from its TCP connection to its hub. */
export async function registerOverMqtt(
  device: StormDevice,
  options: { target: LoadTarget; secureContext: SecureContext; timeoutMs: number },
): Promise<void> {
  const { idScope, registrationId, token } = device;
  const connection = await LoadConnection.open({
    ...options,
    identity: {
      clientId: registrationId,
      username: `${idScope}/registrations/${registrationId}/api-version=${API_VERSION}`,
      ...(token !== undefined && { password: token }),
      topic: "",
    },
    subscriptions: [ANSWER_FILTER],
    subscriptionQos: 1,
  });
  let packetId = 0;
  const ask = (path: string, body: unknown, query = "") =>
    new Promise<DeviceAnswer>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no answer in time")), options.timeoutMs);
      const settle = (act: () => void) => {
        clearTimeout(timer);
        act();
      };
      connection.onLost = (reason) => settle(() => reject(new Error(reason)));
      connection.onPacket = (firstByte, bytes) => {
        if (firstByte >> 4 === PUBLISH_TYPE) settle(() => resolve(decodeAnswer(firstByte, bytes)));
      };
      packetId += 1;
      const topic = `$dps/registrations/${path}/?$rid=${packetId}${query}`;
      const payload = Buffer.from(JSON.stringify(body));
      connection.write(encodePublishQos1({ topic, packetId, payload }));
    });
  try {
    await registerWith({
      register: () => ask("PUT/iotdps-register", { registrationId }),
      poll: (operationId) =>
        ask("GET/iotdps-get-operationstatus", {}, `&operationId=${operationId}`),
    });
  } finally {
    connection.onLost = () => {};
    await connection.close();
  }
}

function decodeAnswer(firstByte: number, bytes: Uint8Array): DeviceAnswer {
  const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const topicEnd = 2 + packet.readUInt16BE(0);
  const topic = packet.toString("utf8", 2, topicEnd);
  const [, status, retryAfter] = ANSWER_TOPIC.exec(topic) ?? [];
  if (status === undefined) throw new Error(`an answer came on '${topic}'`);
  const hasPacketId = (firstByte & 0x06) !== 0;
  const text = packet.toString("utf8", topicEnd + (hasPacketId ? 2 : 0));
  return {
    status: Number(status),
    retryAfterS: retryAfter === undefined ? undefined : Number(retryAfter),
    body: JSON.parse(text) as DeviceAnswer["body"],
  };
}
