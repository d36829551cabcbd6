import type { HubDirectory } from "@larimar/domain";
import { CLOCK_SKEW_MS, HubError } from "@larimar/domain";
import type { SaslUser } from "@larimar/wire";
import {
  parsePlainResponse,
  parseRegistrationName,
  parseSasToken,
  parseSaslUser,
} from "@larimar/wire";
import type { ConnectionContext } from "../../head.ts";
import type { Cbs } from "./cbs.ts";
import type { SaslDecision, SaslStep } from "../engine/handshake.ts";
import { chooseHub } from "../hub-choice.ts";
import type { ProvisioningPeer } from "../provisioning/provisioning-peer.ts";
import { TPM_MECHANISM } from "../provisioning/tpm-mechanism.ts";
import type { TokenStore } from "./token-store.ts";

export interface SaslParts {
  readonly hubs: HubDirectory;
  readonly cbs: Cbs;
  readonly tokens: TokenStore;
  readonly context: ConnectionContext;
  /** Absent where devices are registered by hand. */
  readonly provisioning: ProvisioningPeer | undefined;
  /** The connection may be used until then. */
  readonly onAuthorized: (expiresAtMs: number) => void;
  readonly onRefused: (error: unknown) => void;
}

/**
 * ANONYMOUS and MSSBCBS promise a token to come; EXTERNAL points to the certificate, which is judged against
 * the identities that are used; PLAIN brings a token. (protocol reference: device-facing 4.1)
 */
export function createSaslDecision(parts: SaslParts): SaslDecision {
  return async ({ mechanism, initialResponse }) => {
    switch (mechanism) {
      case "ANONYMOUS":
      case "MSSBCBS":
        return "ok";
      case "EXTERNAL":
        return parts.context.certificate === undefined ? "authenticationFailed" : "ok";
      case "PLAIN":
        return authenticate(initialResponse ?? new Uint8Array(), parts);
      case TPM_MECHANISM:
        return parts.provisioning?.beginTpm(initialResponse) ?? "authenticationFailed";
      default:
        return "authenticationFailed";
    }
  };
}

async function authenticate(response: Uint8Array, parts: SaslParts): Promise<SaslStep> {
  try {
    const credentials = parsePlainResponse(Buffer.from(response).toString("utf8"));
    const name = credentials && parseRegistrationName(credentials.userName);
    if (name !== undefined && parts.provisioning !== undefined) {
      return await parts.provisioning.authenticate(name, credentials?.password ?? "");
    }
    const user = credentials && parseSaslUser(credentials.userName);
    if (user === undefined)
      throw unauthorized("The user name is not one of a hub's policy or device");
    await verify(user, credentials?.password ?? "", parts);
    return "ok";
  } catch (error) {
    parts.onRefused(error);
    return error instanceof HubError ? "authenticationFailed" : "temporaryFailure";
  }
}

async function verify(user: SaslUser, password: string, parts: SaslParts): Promise<void> {
  const { hubs, cbs, tokens, context, onAuthorized } = parts;
  const token = parseSasToken(password);
  if (token === undefined) throw unauthorized("The password is not a shared access signature");
  const hub = hubs.find(user.hubName) ?? chooseHub(hubs, context.serverName, user.hubName);
  if (user.kind === "policy") {
    if (token.policyName !== user.policyName) {
      throw unauthorized("The token is not one of the policy that the user name names");
    }
    await cbs.verify(token, hub);
  } else {
    if (hub === undefined) throw new HubError("HubNotFound", "No hub has that host name");
    await hub.access.authenticate(user.identity, { sasToken: token });
  }
  tokens.put(token);
  onAuthorized(token.expiresAtMs + CLOCK_SKEW_MS);
}

function unauthorized(message: string): HubError {
  return new HubError("Unauthorized", message);
}
