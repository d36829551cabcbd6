import { percentDecode } from "../../mqtt/percent-encoding.ts";
import type { RegistrationName } from "./registration-name.ts";
import { parseRegistrationName } from "./registration-name.ts";

export interface ProvisioningUsername extends RegistrationName {
  readonly apiVersion: string | undefined;
  readonly clientVersion: string | undefined;
}

/**
 * Reads `{idScope}/registrations/{registrationId}/api-version=…&ClientVersion=…`; undefined when the name is not
 * one for provisioning. What a client adds, or says twice, is overlooked: agents contain slashes.
 * (protocol reference: provisioning 3.1)
 */
export function parseProvisioningUsername(text: string): ProvisioningUsername | undefined {
  const [idScope = "", literal = "", registrationId = "", ...rest] = text.split("/");
  const name = parseRegistrationName([idScope, literal, registrationId].join("/"));
  if (name === undefined) return undefined;
  const parameters = readParameters(rest.join("/"));
  return {
    ...name,
    apiVersion: parameters.get("api-version"),
    clientVersion: parameters.get("clientversion"),
  };
}

function readParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const item of text.replace(/^\?/, "").split("&")) {
    const equals = item.indexOf("=");
    if (equals <= 0) continue;
    const key = item.slice(0, equals).toLowerCase();
    if (!parameters.has(key)) parameters.set(key, percentDecode(item.slice(equals + 1)));
  }
  return parameters;
}
