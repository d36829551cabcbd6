import type { Secrets } from "../../access/secrets.ts";
import type { Clock } from "../../time/clock.ts";
import type { BlobAddress } from "./blob.ts";
import { BlobError } from "./blob-error.ts";
import type { BlobAccountKeys } from "../uploads/file-upload-settings.ts";

/** What containers there are is the business of those who have the account's key: no signature gives `manage`. */
export type BlobPermission = "read" | "create" | "write" | "delete" | "list" | "manage";

/** A signature that somebody who has the account's key gave to somebody who has not. */
export interface BlobSas {
  /** Base64. */
  readonly signature: string;
  readonly permissions: readonly BlobPermission[];
  /** Undefined when it holds from the beginning. */
  readonly startsAtMs: number | undefined;
  readonly expiresAtMs: number;
  /** Undefined when it may be used from anywhere. */
  readonly addresses: { isWithin(remoteAddress: string): boolean } | undefined;
}

/** One way to read what a URL names, and the text that the signature would have been made of. */
export interface SasReading<Resource> {
  readonly resource: Resource;
  readonly text: string;
}

/** A request that is signed with the account's key itself. */
export interface KeySignature {
  readonly accountName: string;
  /** Base64. */
  readonly signature: string;
  readonly text: string;
  readonly sentAtMs: number;
}

export type BlobProof<Resource> =
  | {
      readonly kind: "sas";
      readonly sas: BlobSas;
      /** URLs do not say how they were encoded; the signature tells which reading is meant. */
      readonly readings: readonly SasReading<Resource>[];
      readonly remoteAddress: string;
    }
  | { readonly kind: "key"; readonly signed: KeySignature; readonly resource: Resource };

export interface BlobGrant<Resource> {
  readonly resource: Resource;
  readonly permissions: readonly BlobPermission[];
}

export type BlobResource = BlobAddress | { readonly containerName: string };

export interface BlobAccessParts {
  readonly accountName: string;
  readonly keys: () => BlobAccountKeys;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

/** How far a signed request may be from the server's time; Azure Storage allows as much. */
export const KEY_SIGNATURE_SKEW_MS = 15 * 60 * 1000;

const EVERYTHING: readonly BlobPermission[] = [
  "read",
  "create",
  "write",
  "delete",
  "list",
  "manage",
];

/** Who may do what with the blobs of a hub. */
export class BlobAccess {
  readonly #parts: BlobAccessParts;

  constructor(parts: BlobAccessParts) {
    this.#parts = parts;
  }

  /**
   * Any one of the permissions will do. Throws `NoAuthenticationInformation`, `AuthenticationFailed` and
   * `AuthorizationPermissionMismatch`.
   */
  authorize<Resource extends BlobResource>(
    proof: BlobProof<Resource> | undefined,
    needed: readonly BlobPermission[],
  ): BlobGrant<Resource> {
    if (proof === undefined) {
      throw new BlobError(
        "NoAuthenticationInformation",
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
      );
    }
    const grant = proof.kind === "key" ? this.#verifyKey(proof) : this.#verifySas(proof);
    if (needed.some((permission) => grant.permissions.includes(permission))) return grant;
    throw new BlobError(
      "AuthorizationPermissionMismatch",
      "This request is not authorized to perform this operation using this permission.",
    );
  }

  #verifySas<Resource>({
    sas,
    readings,
    remoteAddress,
  }: Extract<BlobProof<Resource>, { kind: "sas" }>): BlobGrant<Resource> {
    const reading = readings.find(({ text }) => this.#isSigned(text, sas.signature));
    if (reading === undefined) throw authenticationFailed("Signature did not match");
    const nowMs = this.#parts.clock.now();
    if (nowMs >= sas.expiresAtMs) throw authenticationFailed("Signature not valid any more");
    if (sas.startsAtMs !== undefined && nowMs < sas.startsAtMs) {
      throw authenticationFailed("Signature not valid yet");
    }
    if (sas.addresses?.isWithin(remoteAddress) === false) {
      throw authenticationFailed("Signature not valid for this source address");
    }
    return { resource: reading.resource, permissions: sas.permissions };
  }

  #verifyKey<Resource>({
    signed,
    resource,
  }: Extract<BlobProof<Resource>, { kind: "key" }>): BlobGrant<Resource> {
    const { accountName, clock } = this.#parts;
    if (signed.accountName !== accountName || !this.#isSigned(signed.text, signed.signature)) {
      throw authenticationFailed("Signature did not match");
    }
    // A recorded request must not work for ever.
    if (Math.abs(clock.now() - signed.sentAtMs) > KEY_SIGNATURE_SKEW_MS) {
      throw authenticationFailed("The request's date is too far from the server's");
    }
    return { resource, permissions: EVERYTHING };
  }

  #isSigned(text: string, signature: string): boolean {
    const { keys, secrets } = this.#parts;
    const { primaryKey, secondaryKey } = keys();
    return [primaryKey, secondaryKey].some((key) =>
      secrets.isSignedBy({ key, keyReading: "base64", text, signature }),
    );
  }
}

function authenticationFailed(reason: string): BlobError {
  return new BlobError(
    "AuthenticationFailed",
    `Server failed to authenticate the request. ${reason}.`,
  );
}
