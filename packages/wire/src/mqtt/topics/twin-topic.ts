import { percentDecode } from "../percent-encoding.ts";

/** What a device publishes to ask for its twin or to change it. */
export interface TwinRequestTopic {
  readonly kind: "get" | "patchReported";
  /** Echoed exactly as it came: SDKs compare it as text. */
  readonly requestId: string;
  /** The version the device believes it changes. */
  readonly expectedVersion: number | undefined;
}

const TWIN_PREFIX = "$iothub/twin/";
const TWIN_REQUEST =
  /^\$iothub\/twin\/(?<operation>GET|PATCH\/properties\/reported)\/?\?(?<parameters>.*)$/is;

/** Undefined for other topics, and for requests without an id, which could not be answered. */
export function parseTwinRequestTopic(topic: string): TwinRequestTopic | undefined {
  const groups = TWIN_REQUEST.exec(topic)?.groups;
  if (groups === undefined) return undefined;
  const parameters = readParameters(groups["parameters"] ?? "");
  const requestId = parameters.get("$rid");
  if (!requestId) return undefined;
  const version = parameters.get("$version");
  if (version !== undefined && !/^\d{1,10}$/.test(version)) return undefined;
  return {
    kind: groups["operation"]?.toUpperCase() === "GET" ? "get" : "patchReported",
    requestId,
    expectedVersion: version === undefined ? undefined : Number(version),
  };
}

/** The request id comes first and the version last; SDKs cut the topic at both. */
export function formatTwinResponseTopic(response: {
  readonly status: number;
  readonly requestId: string;
  readonly version?: number;
}): string {
  const { status, requestId, version } = response;
  const tail = version === undefined ? "" : `&$version=${version}`;
  return `${TWIN_PREFIX}res/${status}/?$rid=${requestId}${tail}`;
}

export function formatDesiredPatchTopic(version: number): string {
  return `${TWIN_PREFIX}PATCH/properties/desired/?$version=${version}`;
}

/** Keys may come with an encoded dollar sign; values stay as they are. */
export function readParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const item of text.split("&")) {
    const equals = item.indexOf("=");
    if (equals <= 0) continue;
    const key = percentDecode(item.slice(0, equals));
    if (!parameters.has(key)) parameters.set(key, item.slice(equals + 1));
  }
  return parameters;
}
