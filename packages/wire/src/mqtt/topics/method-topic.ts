import { percentDecode } from "../percent-encoding.ts";
import { readParameters } from "./twin-topic.ts";

const METHOD_RESPONSE = /^\$iothub\/methods\/res\/(?<status>-?\d{1,10})\/?\?(?<parameters>.*)$/is;

export interface MethodResponseTopic {
  /** Whatever the device says. */
  readonly status: number;
  readonly requestId: string;
}

/** Nothing may follow the request id: SDKs take the rest of the topic for it. */
export function formatMethodRequestTopic(name: string, requestId: string): string {
  return `$iothub/methods/POST/${name}/?$rid=${requestId}`;
}

/** Undefined for other topics. Request ids compare without case, and one SDK encodes them. */
export function parseMethodResponseTopic(topic: string): MethodResponseTopic | undefined {
  const groups = METHOD_RESPONSE.exec(topic)?.groups;
  if (groups === undefined) return undefined;
  const requestId = readParameters(groups["parameters"] ?? "").get("$rid");
  if (!requestId) return undefined;
  return {
    status: Number(groups["status"]),
    requestId: percentDecode(requestId).toLowerCase(),
  };
}
