import type { IdentityKey } from "@larimar/domain";

/** Who a SASL PLAIN user name says is there. (protocol reference: device-facing 4.1) */
export type SaslUser =
  | { readonly kind: "policy"; readonly policyName: string; readonly hubName: string }
  | { readonly kind: "identity"; readonly identity: IdentityKey; readonly hubName: string };

/** `{policy}@sas.root.{hub}`, `{device}@sas.{hub}`, `{device}/{module}@sas.{hub}`; undefined otherwise. */
export function parseSaslUser(userName: string): SaslUser | undefined {
  // Ids may hold an at sign; the last one is ours.
  const match = /^(.+)@sas\.(root\.)?([^@/]+)$/i.exec(userName);
  if (match === null) return undefined;
  const [, name, root, hubName] = match as unknown as [string, string, string | undefined, string];
  if (root !== undefined) return { kind: "policy", policyName: name, hubName };
  const identity = parseIdentity(name.split("/"));
  return identity === undefined ? undefined : { kind: "identity", identity, hubName };
}

function parseIdentity(segments: readonly string[]): IdentityKey | undefined {
  if (segments.includes("")) return undefined;
  const [deviceId, second, third] = segments as [string, string?, string?];
  if (segments.length === 1) return { deviceId };
  if (segments.length === 2) return { deviceId, moduleId: second };
  if (segments.length === 3 && second?.toLowerCase() === "modules") {
    return { deviceId, moduleId: third };
  }
  return undefined;
}

export interface PlainCredentials {
  readonly userName: string;
  readonly password: string;
}

/** authzid NUL authcid NUL password. [RFC 4616] */
export function parsePlainResponse(response: string): PlainCredentials | undefined {
  const parts = response.split("\u0000");
  const [, userName, password] = parts;
  if (parts.length !== 3 || !userName || password === undefined) return undefined;
  return { userName, password };
}
