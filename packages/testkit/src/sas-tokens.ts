import { createHmac } from "node:crypto";
import { buildSasToken } from "@larimar/wire";

const LIFETIME_MS = 60 * 60 * 1000;

export interface TokenRequest {
  readonly resource: string;
  readonly key: string;
  readonly policyName?: string;
  /** An hour from now unless given. */
  readonly expiresAtMs?: number;
  /** Event Hubs clients sign with the text of the key instead of its bytes. */
  readonly keyReading?: "base64" | "utf8";
}

/** A shared access signature as SDKs make it. */
export function signToken(request: TokenRequest): string {
  const { resource, key, policyName, keyReading = "base64" } = request;
  return buildSasToken({
    resource,
    expiresAtMs: request.expiresAtMs ?? Date.now() + LIFETIME_MS,
    policyName,
    sign: (text) =>
      createHmac("sha256", Buffer.from(key, keyReading)).update(text).digest("base64"),
  });
}

/** The parts of a connection string, by name. */
export function parseConnectionString(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(";").map((part) => {
      const equals = part.indexOf("=");
      return [part.slice(0, equals), part.slice(equals + 1)];
    }),
  );
}
