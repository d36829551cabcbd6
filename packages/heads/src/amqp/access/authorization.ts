import type { Hub, KeyReading, Right, SasToken, ServiceGrant } from "@larimar/domain";
import { HubError } from "@larimar/domain";

/** IoT SDKs sign with the key's bytes, Event Hubs SDKs with its text; both come to both addresses. */
const KEY_READINGS: readonly KeyReading[] = ["base64", "utf8"];

export interface ServiceScope {
  readonly hub: Hub;
  readonly right: Right;
  /** Every spelling of the resource in use; one of them has to be covered. */
  readonly resources: Iterable<readonly string[]>;
}

/**
 * Asks the hub whether the token opens the resource. Throws `Unauthorized`.
 *
 * Tokens are not trusted for having been stored: keys and policies may have changed since.
 */
export function authorizeService(
  token: SasToken,
  { hub, right, resources }: ServiceScope,
): ServiceGrant {
  return firstAllowed(resources, (resource) =>
    hub.access.authorize({ token, right, resource, keyReadings: KEY_READINGS }),
  );
}

/** Opens a place below the event hub of a hub: a partition of a consumer group, or its management. */
export function authorizeEvents(
  tokens: readonly SasToken[],
  hub: Hub,
  rest: readonly string[],
): ServiceGrant {
  return firstAllowed(tokens, (token) => {
    const spellings = [...entitySpellings(token, hub.settings.name)];
    const resources = [
      ...spellings.map((entity) => [entity, ...rest]),
      ["messages", "events", ...rest],
    ];
    return authorizeService(token, { hub, right: "ServiceConnect", resources });
  });
}

/** What the first of the candidates is allowed. Throws the refusal of the first if none is. */
export function firstAllowed<T, Grant>(
  candidates: Iterable<T>,
  attempt: (candidate: T) => Grant,
): Grant {
  let refusal: HubError | undefined;
  for (const candidate of candidates) {
    try {
      return attempt(candidate);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal ?? new HubError("Unauthorized", "No token has been put for this connection");
}

/** Names of event hubs compare without case, scopes of tokens with it: the token's spelling counts too. */
function entitySpellings(token: SasToken, hubName: string): Set<string> {
  const spellings = new Set([hubName]);
  for (const [, entity] of token.resourceReadings) {
    if (entity !== undefined && entity.toLowerCase() === hubName.toLowerCase()) {
      spellings.add(entity);
    }
  }
  return spellings;
}
