import type { DataAction, Hub, ServiceGrant } from "@larimar/domain";
import { authorizeService, firstAllowed } from "../access/authorization.ts";
import { LinkRefusal } from "./link-refusal.ts";
import type { LinkServices } from "./link-services.ts";

export interface ServiceAccess {
  readonly hub: Hub;
  /** Throws `Unauthorized` when no token of the connection opens the link any more. */
  readonly authorize: () => ServiceGrant;
}

/**
 * What a back end's link under the hub's own name needs: a hub, and a token that covers its path. Some
 * tokens name the place with the `messages` in front, some without. (protocol reference: service-facing 1.3)
 */
export function openServiceAccess(
  path: readonly string[],
  action: DataAction,
  services: LinkServices,
): ServiceAccess {
  const hub = services.hub();
  if (hub === undefined) throw new LinkRefusal("amqp:not-found", "No hub has that host name");
  const resources = [path, path.slice(1)];
  const authorize = () => {
    const { bearer } = services.tokens;
    const tokens = services.tokens.all();
    if (bearer !== undefined && tokens.length === 0) {
      return hub.access.authorizeBearer(bearer, [action]);
    }
    return firstAllowed(tokens, (token) =>
      authorizeService(token, { hub, right: "ServiceConnect", resources }),
    );
  };
  authorize();
  return { hub, authorize };
}
