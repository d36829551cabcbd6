import type { Secrets } from "../access/secrets.ts";
import { HubError } from "../errors/hub-error.ts";
import type { Authentication } from "./device.ts";

const ID_PATTERN = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;
const THUMBPRINT_PATTERN = /^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/;

/** Credentials as a client writes them; what is missing is generated or kept. */
export interface AuthenticationInput {
  readonly type?: Authentication["type"] | undefined;
  readonly primaryKey?: string | undefined;
  readonly secondaryKey?: string | undefined;
  readonly primaryThumbprint?: string | undefined;
  readonly secondaryThumbprint?: string | undefined;
}

export function checkId(id: string, what: "device" | "module"): void {
  if (!ID_PATTERN.test(id)) {
    throw new HubError(
      "ArgumentInvalid",
      `A ${what} id has 1 to 128 letters, digits or characters of - : . + % _ # * ? ! ( ) , = @ $ ' and semicolon`,
    );
  }
}

/** Whatever one of them proved is proved with the other. */
export function isSameAuthentication(one: Authentication, other: Authentication): boolean {
  if (one.type === "sas" && other.type === "sas") {
    return one.primaryKey === other.primaryKey && one.secondaryKey === other.secondaryKey;
  }
  if (one.type === "selfSigned" && other.type === "selfSigned") {
    return (
      one.primaryThumbprint === other.primaryThumbprint &&
      one.secondaryThumbprint === other.secondaryThumbprint
    );
  }
  return one.type === other.type;
}

/** Fills in what the client left out. (protocol reference: service-facing 2.4, "on write") */
export function resolveAuthentication(
  input: AuthenticationInput | undefined,
  current: Authentication | undefined,
  secrets: Secrets,
): Authentication {
  if (input === undefined) return current ?? createSasKeys(secrets);
  const type = input.type ?? (hasThumbprint(input) ? "selfSigned" : "sas");
  switch (type) {
    case "sas":
      return resolveKeys(input, secrets);
    case "selfSigned":
      return resolveThumbprints(input);
    case "certificateAuthority":
      return { type };
    case "none":
      return { type };
  }
}

function hasThumbprint(input: AuthenticationInput): boolean {
  return Boolean(input.primaryThumbprint) || Boolean(input.secondaryThumbprint);
}

function createSasKeys(secrets: Secrets): Authentication {
  return { type: "sas", primaryKey: secrets.createKey(), secondaryKey: secrets.createKey() };
}

/** Empty texts are how some SDKs say "generate"; a lone key gets a generated partner. */
function resolveKeys(input: AuthenticationInput, secrets: Secrets): Authentication {
  const primaryKey = input.primaryKey || secrets.createKey();
  const secondaryKey = input.secondaryKey || secrets.createKey();
  for (const key of [primaryKey, secondaryKey]) {
    if (!secrets.isKey(key)) {
      throw new HubError("ArgumentInvalid", "A symmetric key is base64 text of 16 to 64 bytes");
    }
  }
  return { type: "sas", primaryKey, secondaryKey };
}

function resolveThumbprints(input: AuthenticationInput): Authentication {
  const [primaryThumbprint, secondaryThumbprint] = [
    input.primaryThumbprint || undefined,
    input.secondaryThumbprint || undefined,
  ];
  if (primaryThumbprint === undefined && secondaryThumbprint === undefined) {
    throw new HubError("ArgumentInvalid", "A selfSigned identity needs a certificate thumbprint");
  }
  for (const thumbprint of [primaryThumbprint, secondaryThumbprint]) {
    if (thumbprint !== undefined && !THUMBPRINT_PATTERN.test(thumbprint)) {
      throw new HubError("ArgumentInvalid", "A thumbprint has 40 or 64 hexadecimal digits");
    }
  }
  return { type: "selfSigned", primaryThumbprint, secondaryThumbprint };
}
