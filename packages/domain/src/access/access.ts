import type { CaCertificateStore } from "../certificates/ca-certificate.ts";
import type { Certificates } from "../certificates/certificate.ts";
import type { Authentication, IdentityKey } from "../devices/device.ts";
import { describeIdentity } from "../devices/device.ts";
import type { DeviceStore } from "../devices/device-store.ts";
import type { ModuleStore } from "../devices/module-store.ts";
import { HubError } from "../errors/hub-error.ts";
import type { AuthMethod } from "../events/event-origin.ts";
import type { Faults } from "../faults/faults.ts";
import type { HubSettings } from "../hubs/hub-settings.ts";
import type { Clock } from "../time/clock.ts";
import type { BearerToken, BearerTokens } from "./bearer-token.ts";
import type { DeviceCredentials, SasToken } from "./credentials.ts";
import type { DataAction } from "./data-action.ts";
import { allows } from "./data-action.ts";
import type { Right } from "./rights.ts";
import { grants } from "./rights.ts";
import { CLOCK_SKEW_MS, covers, isExpired, isSignedWithOneOf } from "./sas-verification.ts";
import type { KeyReading, Secrets } from "./secrets.ts";
import type { SharedAccessPolicy } from "./shared-access-policy.ts";
import { verifyAuthority, verifyThumbprint } from "./x509-verification.ts";

export interface AccessParts {
  readonly settings: () => HubSettings;
  readonly devices: DeviceStore;
  readonly modules: ModuleStore;
  readonly authorities: CaCertificateStore;
  readonly certificates: Certificates;
  /** Of the sessions. */
  readonly revision: () => number;
  /** Absent unless an operator lets devices ask for faults. */
  readonly faults: Faults | undefined;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** Absent where no identity provider is trusted. */
  readonly bearerTokens?: BearerTokens | undefined;
}

export interface ServiceRequest {
  readonly token: SasToken | undefined;
  readonly right: Right;
  /** The path in use, without the host: ["devices", "d1"], ["messages", "events"], … */
  readonly resource: readonly string[];
  /** Event Hubs clients sign with the key's text instead of its bytes. */
  readonly keyReadings?: readonly KeyReading[];
}

export interface ServiceGrant {
  /** The policy, or who the token was issued to. */
  readonly policyName: string;
  readonly expiresAtMs: number;
}

/** An identity that has proved who it is; what `sessions.open` asks for. */
export interface AuthenticatedIdentity {
  readonly identity: IdentityKey;
  readonly generationId: string;
  readonly authMethod: AuthMethod;
  /** When the proof ends: of a token, clock skew included, or of a certificate. */
  readonly expiresAtMs: number | undefined;
  /** Of the sessions, when the proof was begun; absent where nothing can have changed since. */
  readonly revision?: number;
}

const HUB_READINGS: readonly KeyReading[] = ["base64"];

/** Who may do what: service tokens against shared access policies, devices against their own credentials. */
export class Access {
  readonly #parts: AccessParts;

  constructor(parts: AccessParts) {
    this.#parts = parts;
  }

  /** Throws `Unauthorized` for a missing, expired or forged token, a missing right, or too narrow a scope. */
  authorize(request: ServiceRequest): ServiceGrant {
    const { token, right, resource, keyReadings = HUB_READINGS } = request;
    if (token === undefined) throw unauthorized("A shared access signature is required");
    const policy = this.#verifyPolicy(token, keyReadings);
    if (!grants(policy.rights, right)) {
      throw unauthorized(`Policy '${policy.name}' does not grant ${right}`, {
        policy: policy.name,
      });
    }
    if (!token.resourceReadings.some((reading) => covers(reading.slice(1), resource))) {
      throw unauthorized("The token's resource does not cover the one in use", {
        policy: policy.name,
      });
    }
    return { policyName: policy.name, expiresAtMs: token.expiresAtMs + CLOCK_SKEW_MS };
  }

  /** Throws `Unauthorized`, also where no identity provider is trusted; `Busy` while its keys are out of reach. */
  verifyBearer(text: string): Promise<BearerToken> {
    const { bearerTokens } = this.#parts;
    if (bearerTokens === undefined) {
      return Promise.reject(unauthorized("No identity provider is configured"));
    }
    return bearerTokens.verify(text);
  }

  /** Throws `Unauthorized` for an expired token and for roles that do not allow all of it. */
  authorizeBearer(token: BearerToken, actions: readonly DataAction[]): ServiceGrant {
    const { subject, roles, expiresAtMs } = token;
    if (this.#parts.clock.now() >= expiresAtMs) throw unauthorized("The token has expired");
    const missing = actions.find((action) => !allows(roles, action));
    if (missing !== undefined || actions.length === 0) {
      throw unauthorized(`The roles of '${subject}' do not allow ${missing ?? "this"}`, {
        policy: subject,
      });
    }
    return { policyName: subject, expiresAtMs };
  }

  /** Throws `DeviceNotFound`, `ModuleNotFound`, `DeviceDisabled` or `Unauthorized`. */
  async authenticate(
    key: IdentityKey,
    credentials: DeviceCredentials,
  ): Promise<AuthenticatedIdentity> {
    const revision = this.#parts.revision();
    const identity = await this.#find(key);
    const { authMethod, expiresAtMs } = await this.#prove(
      key,
      identity.authentication,
      credentials,
    );
    // Told only to a client that has proved itself: others learn nothing about the registry's contents.
    if (!identity.isEnabled) {
      throw new HubError("DeviceDisabled", `Device '${key.deviceId}' is disabled`, {
        deviceId: key.deviceId,
      });
    }
    this.#parts.faults?.checkConnect(key);
    return {
      identity: key,
      generationId: identity.generationId,
      authMethod,
      expiresAtMs,
      revision,
    };
  }

  async #find(key: IdentityKey): Promise<{
    generationId: string;
    authentication: Authentication;
    isEnabled: boolean;
  }> {
    const { deviceId, moduleId } = key;
    const device = await this.#parts.devices.find(deviceId);
    if (device === undefined) {
      throw new HubError("DeviceNotFound", `Device '${deviceId}' is not registered.`, { deviceId });
    }
    // A module has no status of its own: it is as enabled as its device.
    const isEnabled = device.status === "enabled";
    if (moduleId === undefined) return { ...device, isEnabled };
    const module = await this.#parts.modules.find({ deviceId, moduleId });
    if (module === undefined) {
      throw new HubError(
        "ModuleNotFound",
        `Module '${moduleId}' is not registered on device '${deviceId}'.`,
        { deviceId, moduleId },
      );
    }
    return { ...module, isEnabled };
  }

  async #prove(
    key: IdentityKey,
    authentication: Authentication,
    credentials: DeviceCredentials,
  ): Promise<{ authMethod: AuthMethod; expiresAtMs: number }> {
    const { sasToken } = credentials;
    const scope = key.moduleId === undefined ? "device" : "module";
    if (usesCertificate(authentication) && sasToken?.policyName === undefined) {
      const expiresAtMs = await this.#verifyCertificate(key, authentication, credentials);
      return { authMethod: { scope, type: "x509" }, expiresAtMs };
    }
    if (sasToken === undefined) throw unauthorized(`'${describeIdentity(key)}' sent no token`);
    const expiresAtMs = sasToken.expiresAtMs + CLOCK_SKEW_MS;
    if (sasToken.policyName !== undefined) {
      this.authorize({ token: sasToken, right: "DeviceConnect", resource: identityPath(key) });
      return { authMethod: { scope: "hub", type: "sas" }, expiresAtMs };
    }
    this.#verifyOwnToken(key, authentication, sasToken);
    return { authMethod: { scope, type: "sas" }, expiresAtMs };
  }

  #verifyOwnToken(key: IdentityKey, authentication: Authentication, token: SasToken): void {
    const name = describeIdentity(key);
    if (authentication.type !== "sas") {
      throw unauthorized(`'${name}' does not authenticate with tokens`);
    }
    const own = identityPath(key);
    const namesIdentity = token.resourceReadings.some(
      // Old tools append `/api-version=…` to the resource; what follows the identity is ignored.
      (reading) => covers(own, reading.slice(1)) && !isDeeperIdentity(own, reading.slice(1)),
    );
    if (!namesIdentity) throw unauthorized(`The token of '${name}' names another resource`);
    if (isExpired(token, this.#parts.clock.now())) {
      throw unauthorized(`The token of '${name}' has expired`);
    }
    const keys = [authentication.primaryKey, authentication.secondaryKey];
    if (!isSignedWithOneOf(token, keys, HUB_READINGS, this.#parts.secrets)) {
      throw unauthorized(`The token of '${name}' is not signed with one of its keys`);
    }
  }

  /** When the certificate ends. */
  async #verifyCertificate(
    key: IdentityKey,
    authentication: CertificateAuthentication,
    { certificate }: DeviceCredentials,
  ): Promise<number> {
    if (certificate === undefined) {
      throw unauthorized(`'${describeIdentity(key)}' sent no client certificate`);
    }
    const nowMs = this.#parts.clock.now();
    if (authentication.type === "selfSigned") {
      verifyThumbprint({ key, authentication, certificate, nowMs });
      return certificate.notAfterMs;
    }
    const authorities = await this.#parts.authorities.list();
    const { certificates } = this.#parts;
    verifyAuthority({ key, certificate, authorities, certificates, nowMs });
    return certificate.notAfterMs;
  }

  #verifyPolicy(token: SasToken, keyReadings: readonly KeyReading[]): SharedAccessPolicy {
    if (isExpired(token, this.#parts.clock.now())) throw unauthorized("The token has expired");
    const policy = this.#parts
      .settings()
      .policies.find((candidate) => candidate.name === token.policyName);
    const keys = policy === undefined ? [] : [policy.primaryKey, policy.secondaryKey];
    if (policy === undefined || !isSignedWithOneOf(token, keys, keyReadings, this.#parts.secrets)) {
      throw unauthorized("The token is not signed with a key of a policy of this hub");
    }
    return policy;
  }
}

export function identityPath(key: IdentityKey): readonly string[] {
  return key.moduleId === undefined
    ? ["devices", key.deviceId]
    : ["devices", key.deviceId, "modules", key.moduleId];
}

/** A module's token must not open its device. */
function isDeeperIdentity(own: readonly string[], resource: readonly string[]): boolean {
  return own.length === 2 && resource[2]?.toLowerCase() === "modules";
}

type CertificateAuthentication = Extract<
  Authentication,
  { type: "selfSigned" | "certificateAuthority" }
>;

function usesCertificate(
  authentication: Authentication,
): authentication is CertificateAuthentication {
  return authentication.type === "selfSigned" || authentication.type === "certificateAuthority";
}

function unauthorized(message: string, details: Record<string, string> = {}): HubError {
  return new HubError("Unauthorized", message, details);
}
