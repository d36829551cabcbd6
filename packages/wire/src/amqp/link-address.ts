import type { IdentityKey } from "@larimar/domain";

/** What a link's address asks for. (protocol reference: service-facing 4, 5; device-facing 4.4) */
export type LinkTarget =
  | { readonly kind: "cbs" }
  /** The management node; of the connection's own hub when no entity is named. */
  | { readonly kind: "management"; readonly entity: string | undefined }
  | {
      readonly kind: "partition";
      readonly entity: string;
      readonly consumerGroup: string;
      readonly partitionId: string;
    }
  /** An event hub itself, or a place in it that only senders name. */
  | { readonly kind: "entity"; readonly entity: string }
  /** The events of the hub under its own name: clients are sent on to the event hub. */
  | { readonly kind: "hubEvents"; readonly rest: readonly string[] }
  | { readonly kind: "identity"; readonly identity: IdentityKey; readonly channel: IdentityChannel }
  | { readonly kind: "commands" }
  | { readonly kind: "feedback" }
  | { readonly kind: "fileNotifications" }
  | { readonly kind: "unknown" };

export type IdentityChannel = "events" | "commands" | "methods" | "twin" | "streams";

export interface LinkAddress {
  readonly target: LinkTarget;
  /** The path, decoded, as the client spelled it: what a token has to cover. */
  readonly path: readonly string[];
}

/**
 * Reads an address with or without scheme, authority, port and slashes around the path. Words compare
 * without case; ids are percent-decoded once, as some clients encode them and some do not.
 */
export function parseLinkAddress(address: string): LinkAddress {
  const withoutAuthority = address.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "");
  const path = trimSlashes(withoutAuthority).split("/").map(decodeOnce);
  return { target: recognize(path), path };
}

function recognize(path: readonly string[]): LinkTarget {
  const words = path.map((segment) => segment.toLowerCase());
  const [first = "", second = ""] = path;
  const spelled = words.join("/");
  if (spelled === "$cbs") return { kind: "cbs" };
  if (spelled === "$management") return { kind: "management", entity: undefined };
  if (words[0] === "messages" && words[1] === "events") {
    return { kind: "hubEvents", rest: path.slice(2) };
  }
  if (spelled === "messages/devicebound") return { kind: "commands" };
  if (spelled === "messages/servicebound/feedback") return { kind: "feedback" };
  if (
    spelled === "messages/servicebound/filenotifications" ||
    spelled === "messages/servicebound/fileuploadnotifications"
  ) {
    return { kind: "fileNotifications" };
  }
  return recognizeEntity(path, words) ?? recognizeIdentity(first, second, path, words);
}

function recognizeEntity(
  path: readonly string[],
  words: readonly string[],
): LinkTarget | undefined {
  const [entity] = path;
  if (entity === undefined || entity === "") return undefined;
  if (path.length === 1) return { kind: "entity", entity };
  if (path.length === 2 && words[1] === "$management") return { kind: "management", entity };
  if (path.length === 3 && (words[1] === "partitions" || words[1] === "publishers")) {
    return { kind: "entity", entity };
  }
  if (path.length === 5 && words[1] === "consumergroups" && words[3] === "partitions") {
    return { kind: "partition", entity, consumerGroup: path[2]!, partitionId: path[4]! };
  }
  return undefined;
}

const CHANNELS: Readonly<Record<string, IdentityChannel>> = {
  "messages/events": "events",
  "messages/devicebound": "commands",
  "methods/devicebound": "methods",
  twin: "twin",
  streams: "streams",
};

function recognizeIdentity(
  first: string,
  deviceId: string,
  path: readonly string[],
  words: readonly string[],
): LinkTarget {
  if (first.toLowerCase() !== "devices" || deviceId === "") return { kind: "unknown" };
  const isModule = words[2] === "modules" && path.length > 4;
  const channelName = words.slice(isModule ? 4 : 2).join("/");
  const channel = Object.hasOwn(CHANNELS, channelName) ? CHANNELS[channelName] : undefined;
  if (channel === undefined) return { kind: "unknown" };
  const identity = isModule ? { deviceId, moduleId: path[3]! } : { deviceId };
  return { kind: "identity", identity, channel };
}

function trimSlashes(path: string): string {
  let [start, end] = [0, path.length];
  while (path[start] === "/") start += 1;
  while (end > start && path[end - 1] === "/") end -= 1;
  return path.slice(start, end);
}

/** Ids may hold a percent sign of their own: what is no valid escape stays as it is. */
function decodeOnce(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
