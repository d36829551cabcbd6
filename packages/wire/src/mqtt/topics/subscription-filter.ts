import type { IdentityKey } from "@larimar/domain";

/** What a client can subscribe to. */
export type SubscriptionTarget =
  | "commands"
  | "inputs"
  | "inputsAndCommands"
  | "twinResponses"
  | "desiredPatches"
  | "methods";

const METHODS_PREFIX = "$iothub/methods/POST/";
const DESIRED_PREFIX = "$iothub/twin/PATCH/properties/desired/";

/**
 * What a topic filter asks for; undefined when it asks for nothing this identity can be sent. An id may
 * contain `+` and `#`, so the id in a filter is compared as text before it is taken for a wildcard.
 * (protocol reference: device-facing 3.4)
 */
export function readSubscriptionFilter(
  filter: string,
  identity: IdentityKey,
): SubscriptionTarget | undefined {
  if (filter === "$iothub/twin/res/#") return "twinResponses";
  if (filter.startsWith(METHODS_PREFIX)) return "methods";
  if (filter.startsWith(DESIRED_PREFIX)) return "desiredPatches";
  const [devices, device, ...rest] = filter.split("/");
  if (devices !== "devices" || !fits(device, identity.deviceId)) return undefined;
  return readRest(rest, identity.moduleId);
}

function readRest(
  rest: readonly string[],
  moduleId: string | undefined,
): SubscriptionTarget | undefined {
  if (moduleId === undefined)
    return rest.join("/") === "messages/devicebound/#" ? "commands" : undefined;
  const [modules, module, ...below] = rest;
  if (modules !== "modules" || !fits(module, moduleId)) return undefined;
  switch (below.join("/")) {
    case "messages/devicebound/#":
      return "commands";
    case "inputs/#":
      return "inputs";
    case "#":
      return "inputsAndCommands";
    default:
      return undefined;
  }
}

function fits(segment: string | undefined, id: string): boolean {
  return segment === id || segment === "+";
}
