import { chooseHub } from "../../connection/connection-file.ts";
import type { HubResource } from "../../server/admin-client.ts";
import { hubPath } from "../../server/admin-client.ts";
import { KEY_OPTIONS, describeKeys, selectPolicies, withNewKeys } from "../../server/keys.ts";
import { HUB_OPTION } from "../../connection/options.ts";
import { serverCommand } from "../../server/server-command.ts";

export const hubKeys = serverCommand({
  options: { ...KEY_OPTIONS, hub: HUB_OPTION },
  async run({ args, admin, connection }) {
    const path = hubPath(chooseHub(connection, args.text("hub")).name);
    let hub = await admin.call<HubResource>({ method: "GET", path });
    const changed = withNewKeys(hub.properties.authorizationPolicies, args);
    if (changed !== undefined) {
      const body = { properties: { authorizationPolicies: changed } };
      hub = await admin.call<HubResource>({ method: "PUT", path, body, ifMatch: hub.etag });
    }
    const policies = selectPolicies(hub.properties.authorizationPolicies, args);
    return { text: describeKeys(policies), json: policies };
  },
});
