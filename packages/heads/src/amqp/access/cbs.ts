import type { Hub, HubDirectory, IdentityKey, Right, SasToken } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import type { AmqpMessage } from "@larimar/wire";
import { bearerIn, parseSasToken } from "@larimar/wire";
import type { AnswerStatus } from "../requests/answer.ts";
import { encodeAnswer } from "../requests/answer.ts";
import { authorizeService, firstAllowed } from "./authorization.ts";
import { isUnexpected, toStatus } from "../error-conditions.ts";
import { hubsNamed } from "../hub-choice.ts";
import type { TokenStore } from "./token-store.ts";

export interface CbsParts {
  readonly hubs: HubDirectory;
  /** The hub of the connection. */
  readonly hub: () => Hub | undefined;
  readonly tokens: TokenStore;
  readonly tokenLengthMax: number;
  readonly onUnexpected: (error: unknown) => void;
}

/** Any of these makes a policy's token worth keeping; links ask for the one they need. */
const USEFUL_RIGHTS: readonly Right[] = ["ServiceConnect", "DeviceConnect"];

/** A host name shared by more hubs than this is not searched further for the one a key belongs to. */
const SHARING_HUBS_MAX = 32;

/**
 * Claims-based security: tokens put on `$cbs` open links of the connection. A token is judged by its own
 * text; the announced name and type differ from client to client. (protocol reference: device-facing 4.3)
 */
export class Cbs {
  readonly #parts: CbsParts;

  constructor(parts: CbsParts) {
    this.#parts = parts;
  }

  async answer(request: AmqpMessage): Promise<Uint8Array> {
    return encodeAnswer(request, await this.#perform(request));
  }

  async #perform(request: AmqpMessage): Promise<AnswerStatus> {
    try {
      const { value, applicationProperties } = request;
      if (applicationProperties.get("operation") !== "put-token") {
        return badRequest("The operation has to be put-token");
      }
      if (typeof value !== "string" || value.length > this.#parts.tokenLengthMax) {
        return badRequest("The body has to be a token");
      }
      const bearer = bearerIn(value);
      if (bearer !== undefined) return await this.#putBearer(bearer);
      const token = parseSasToken(value);
      if (token === undefined) return unauthorized("The body is not a shared access signature");
      await this.verify(token);
      if (this.#parts.tokens.put(token)) return { code: 200, description: "OK" };
      return { code: 403, description: "The connection has too many tokens" };
    } catch (error) {
      if (isUnexpected(error)) this.#parts.onUnexpected(error);
      return toStatus(error);
    }
  }

  /** What it allows is decided when a link attaches. */
  async #putBearer(text: string): Promise<AnswerStatus> {
    const hub = this.#parts.hub();
    if (hub === undefined) throw new HubError("HubNotFound", "No hub has that host name");
    this.#parts.tokens.bearer = await hub.access.verifyBearer(text);
    return { code: 200, description: "OK" };
  }

  /** Throws unless a hub here would accept the token for something. */
  async verify(token: SasToken, likely?: Hub): Promise<void> {
    let refusal: HubError | undefined;
    for (const hub of this.#candidates(token, likely)) {
      try {
        await verifyFor(hub, token);
        return;
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
        refusal ??= error;
      }
    }
    throw refusal ?? new HubError("HubNotFound", "No hub has that host name");
  }

  /** The hub the resource names, the connection's own, and those that share its host name. */
  #candidates(token: SasToken, likely: Hub | undefined): Hub[] {
    const { hubs, hub } = this.#parts;
    const found = new Set<Hub>(likely === undefined ? [] : [likely]);
    for (const [, entity] of token.resourceReadings) {
      const named = entity === undefined ? undefined : hubs.find(entity);
      if (named !== undefined) found.add(named);
    }
    const own = hub();
    if (own !== undefined) found.add(own);
    const [hostName] = token.resourceReadings[0] ?? [];
    for (const other of hubsNamed(hubs, hostName ?? "").slice(0, SHARING_HUBS_MAX)) {
      found.add(other);
    }
    return [...found];
  }
}

async function verifyFor(hub: Hub, token: SasToken): Promise<void> {
  if (token.policyName === undefined) {
    await verifyIdentityToken(hub, token);
    return;
  }
  const resources = token.resourceReadings.map((reading) => reading.slice(1));
  firstAllowed(USEFUL_RIGHTS, (right) => authorizeService(token, { hub, right, resources }));
}

/** A device's or module's own token is kept when it opens that identity. */
async function verifyIdentityToken(hub: Hub, token: SasToken): Promise<void> {
  let refusal: HubError | undefined;
  for (const reading of token.resourceReadings) {
    const identity = identityIn(reading.slice(1));
    if (identity === undefined) continue;
    try {
      await hub.access.authenticate(identity, { sasToken: token });
      return;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal ?? new HubError("Unauthorized", "The token names no policy and no device");
}

function identityIn(path: readonly string[]): IdentityKey | undefined {
  const [devices, deviceId, modules, moduleId] = path;
  if (devices?.toLowerCase() !== "devices" || !deviceId) return undefined;
  return modules?.toLowerCase() === "modules" && moduleId ? { deviceId, moduleId } : { deviceId };
}

function badRequest(description: string): AnswerStatus {
  return { code: 400, description, condition: "com.microsoft:argument-error" };
}

function unauthorized(description: string): AnswerStatus {
  return { code: 401, description, condition: "amqp:unauthorized-access" };
}
