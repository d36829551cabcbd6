import type { SasToken } from "../../access/credentials.ts";
import { isExpired, isSignedWithOneOf } from "../../access/sas-verification.ts";
import type { Secrets } from "../../access/secrets.ts";
import { isSameProvisioningId, provisioningKey } from "../provisioning-ids.ts";
import type { SymmetricKeys } from "./attestation.ts";
import type { ProvisioningCrypto } from "./provisioning-crypto.ts";

export interface TokenScope {
  readonly idScope: string;
  readonly registrationId: string;
}

/** The ways in which the token's resource spells the registration id; empty when it names another one. */
export function spellingsIn(token: SasToken, scope: TokenScope): string[] {
  const spellings: string[] = [];
  for (const [idScope, literal, registrationId, ...rest] of token.resourceReadings) {
    if (idScope === undefined || registrationId === undefined || rest.length > 0) continue;
    if (literal?.toLowerCase() !== "registrations") continue;
    if (idScope.toLowerCase() !== scope.idScope.toLowerCase()) continue;
    if (isSameProvisioningId(registrationId, scope.registrationId)) spellings.push(registrationId);
  }
  return spellings;
}

export function isTokenUsable(token: SasToken, scope: TokenScope, nowMs: number): boolean {
  return !isExpired(token, nowMs) && spellingsIn(token, scope).length > 0;
}

export function isSignedWith(token: SasToken, keys: readonly string[], secrets: Secrets): boolean {
  return isSignedWithOneOf(token, keys, ["base64"], secrets);
}

/**
 * The pair of keys that a member of a group has, when its token is signed with one of them. Tools derive from
 * the text the user typed, ids compare without case: so as presented, as the token spells it, in lower case.
 */
export function matchDerivedKeys(
  token: SasToken,
  scope: TokenScope,
  group: SymmetricKeys,
  { secrets, crypto }: { secrets: Secrets; crypto: ProvisioningCrypto },
): SymmetricKeys | undefined {
  const texts = new Set([
    scope.registrationId,
    ...spellingsIn(token, scope),
    provisioningKey(scope.registrationId),
  ]);
  for (const text of texts) {
    const derived = {
      primaryKey: crypto.deriveKey(group.primaryKey, text),
      secondaryKey: crypto.deriveKey(group.secondaryKey, text),
    };
    if (isSignedWith(token, [derived.primaryKey, derived.secondaryKey], secrets)) return derived;
  }
  return undefined;
}
