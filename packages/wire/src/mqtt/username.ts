import { percentDecode } from "./percent-encoding.ts";

/** Who a client says it is. Ids stand in user names raw, never percent-encoded. */
export interface MqttUsername {
  readonly hostName: string;
  readonly deviceId: string;
  readonly moduleId: string | undefined;
  readonly apiVersion: string | undefined;
  /** What the client runs on: SDK, version, platform. */
  readonly productInfo: string | undefined;
  /** The plug-and-play model the device announces. */
  readonly modelId: string | undefined;
  readonly authChain: string | undefined;
}

/**
 * Reads `{host}/{device}[/{module}][/?parameters]` and its older spellings; undefined for anything else.
 * (protocol reference: device-facing 3.1)
 */
export function parseMqttUsername(text: string): MqttUsername | undefined {
  const [hostName = "", device = "", ...rest] = text.split("/");
  const { path, parameterText } = splitParameters(rest);
  const deviceId = device.trim();
  const moduleId = path[0]?.trim() || undefined;
  const isTooLong = path.slice(1).some((segment) => segment !== "");
  if (deviceId === "" || isTooLong) return undefined;
  const parameters = readParameters(parameterText);
  return {
    hostName: hostName.trim(),
    deviceId,
    moduleId,
    apiVersion: parameters.get("api-version"),
    productInfo: parameters.get("DeviceClientType"),
    modelId: parameters.get("model-id") ?? parameters.get("digital-twin-model-id"),
    authChain: parameters.get("auth-chain"),
  };
}

/**
 * The last segment decides first, because a module's id may itself look like parameters. Otherwise they
 * begin where the API version stands: an old form puts each parameter into a segment of its own, and
 * hand-written clients leave slashes in their values.
 */
function splitParameters(rest: readonly string[]): {
  path: readonly string[];
  parameterText: string;
} {
  const last = rest.at(-1) ?? "";
  if (last.startsWith("?") || last.includes("api-version=")) {
    return { path: rest.slice(0, -1), parameterText: last };
  }
  const at = rest.findIndex((segment) => segment.includes("api-version="));
  if (at < 0) return { path: rest, parameterText: "" };
  const separator = rest[at]?.startsWith("?") ? "/" : "&";
  return { path: rest.slice(0, at), parameterText: rest.slice(at).join(separator) };
}

function readParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  const items = text.startsWith("?") ? text.slice(1) : text;
  for (const item of items.split("&")) {
    const equals = item.indexOf("=");
    if (equals <= 0) continue;
    const key = item.slice(0, equals);
    if (!parameters.has(key)) parameters.set(key, percentDecode(item.slice(equals + 1)));
  }
  return parameters;
}
