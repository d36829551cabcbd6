import { chooseService } from "../../connection/connection-file.ts";
import type { ServiceResource } from "../../server/admin-client.ts";
import { servicePath } from "../../server/admin-client.ts";
import { KEY_OPTIONS, describeKeys, selectPolicies, withNewKeys } from "../../server/keys.ts";
import { DPS_OPTION } from "../../connection/options.ts";
import { serverCommand } from "../../server/server-command.ts";

export const dpsKeys = serverCommand({
  options: { ...KEY_OPTIONS, dps: DPS_OPTION },
  async run({ args, admin, connection }) {
    const path = servicePath(chooseService(connection, args.text("dps")).name);
    let service = await admin.call<ServiceResource>({ method: "GET", path });
    const changed = withNewKeys(service.properties.authorizationPolicies, args);
    if (changed !== undefined) {
      const body = { properties: { authorizationPolicies: changed } };
      const { etag } = service;
      service = await admin.call<ServiceResource>({ method: "PUT", path, body, ifMatch: etag });
    }
    const policies = selectPolicies(service.properties.authorizationPolicies, args);
    return { text: describeKeys(policies), json: policies };
  },
});
