import type { BearerToken, BearerTokens, Clock, DataRole } from "@larimar/domain";
import { HubError, roleNamed } from "@larimar/domain";
import type { JWTPayload, JWTVerifyGetKey } from "jose";
import type { Log } from "@larimar/heads";

export interface IdentityProviderParts {
  /** As tokens name it; its metadata is below `/.well-known`. */
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
  readonly log: Log;
}

const METADATA_TIMEOUT_MS = 5000;
const METADATA_BYTES_MAX = 256 * 1024;
/** As far as the clocks of the provider and of this machine may be apart. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** Keys of a provider only, never a secret that both sides share. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "EdDSA",
];

/** An OpenID Connect provider whose tokens back ends may bring instead of shared access signatures. */
export class IdentityProvider implements BearerTokens {
  readonly #parts: IdentityProviderParts;
  #keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(parts: IdentityProviderParts) {
    this.#parts = parts;
  }

  async verify(text: string): Promise<BearerToken> {
    const { issuer, audience, clock, log } = this.#parts;
    // Loaded when the first token comes: most servers trust no provider.
    const { errors, jwtVerify } = await import("jose");
    const keys = await this.#providerKeys();
    try {
      const { payload } = await jwtVerify(text, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(clock.now()),
        requiredClaims: ["exp"],
      });
      return tokenOf(payload);
    } catch (error) {
      if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
        log.warn({ err: error, issuer }, "keys of the identity provider are out of reach");
        throw new HubError("Busy", "The keys of the identity provider are out of reach");
      }
      throw new HubError("Unauthorized", `The token is not accepted: ${error.message}`);
    }
  }

  async #providerKeys(): Promise<JWTVerifyGetKey> {
    const keys = (this.#keys ??= this.#load());
    try {
      return await keys;
    } catch (error) {
      // The next token tries again.
      if (this.#keys === keys) this.#keys = undefined;
      this.#parts.log.warn({ err: error, issuer: this.#parts.issuer }, "no identity provider");
      throw new HubError("Busy", "The identity provider is out of reach");
    }
  }

  async #load(): Promise<JWTVerifyGetKey> {
    const { issuer } = this.#parts;
    const { createRemoteJWKSet } = await import("jose");
    const address = `${issuer.replace(/\/+$/, "")}/.well-known/openid-configuration`;
    const answer = await fetch(address, { signal: AbortSignal.timeout(METADATA_TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
    const text = await answer.text();
    if (text.length > METADATA_BYTES_MAX) throw new Error(`${address} answers too much`);
    const metadata = JSON.parse(text) as { issuer?: unknown; jwks_uri?: unknown };
    if (metadata.issuer !== issuer) throw new Error(`${address} speaks of another issuer`);
    if (typeof metadata.jwks_uri !== "string") throw new Error(`${address} names no keys`);
    return createRemoteJWKSet(new URL(metadata.jwks_uri), { timeoutDuration: METADATA_TIMEOUT_MS });
  }
}

function tokenOf(payload: JWTPayload): BearerToken {
  const { sub, exp, roles } = payload;
  const names = typeof roles === "string" ? roles.split(" ") : Array.isArray(roles) ? roles : [];
  const known = names.flatMap((name): DataRole[] => {
    const role = typeof name === "string" ? roleNamed(name) : undefined;
    return role === undefined ? [] : [role];
  });
  return { subject: sub ?? "", roles: known, expiresAtMs: (exp ?? 0) * 1000 };
}
