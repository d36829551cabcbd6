import type { Hub, HubDirectory, LinkedHubSettings } from "@larimar/domain";
import { findLinkedHub, grants, normalizeHostName } from "@larimar/domain";
import type { LinkedHubRequest, Reading } from "@larimar/wire";
import { connectionFields, isMasked } from "@larimar/wire";

/**
 * Makes a link of what administrators write. A hub of this server is reached directly, once its connection string
 * has proved that its owner agrees; any other one through its service API. A link whose key comes back masked
 * stays as it is.
 */
export function createLinker(
  current: readonly LinkedHubSettings[],
  hubs: HubDirectory,
): (request: LinkedHubRequest) => Reading<LinkedHubSettings> {
  return (request) => {
    const fields = connectionFields(request.connectionString);
    const hostName = normalizeHostName(fields.get("hostname") ?? "");
    const policyName = fields.get("sharedaccesskeyname") ?? "";
    const key = fields.get("sharedaccesskey") ?? "";
    if (hostName === "" || policyName === "" || key === "") {
      return refused(
        "The connection string of a linked hub has a HostName, a SharedAccessKeyName and a SharedAccessKey",
      );
    }
    const known = findLinkedHub(current, hostName);
    const options = {
      location: request.location ?? known?.location ?? "local",
      allocationWeight: request.allocationWeight ?? known?.allocationWeight ?? 1,
      applyAllocationPolicy: request.applyAllocationPolicy ?? known?.applyAllocationPolicy ?? true,
    };
    if (isMasked(request.connectionString)) {
      return known === undefined
        ? refused(`'${hostName}' has a masked key, and none is stored`)
        : read({ ...known, ...options });
    }
    const hub = hubs.list().find((one) => answersTo(one, hostName));
    if (hub === undefined) {
      const aliases = known?.aliases ?? [];
      const { connectionString } = request;
      return read({ hostName, aliases, hubName: undefined, connectionString, ...options });
    }
    return isGranted(hub, policyName, key)
      ? read({ ...linkTo(hub, known), ...options })
      : refused(
          `The connection string of '${hostName}' has no key of a policy of that hub with RegistryWrite and ServiceConnect`,
        );
  };
}

function linkTo({ settings }: Hub, known: LinkedHubSettings | undefined) {
  const [hostName = settings.name] = settings.hostNames;
  const names = [...settings.hostNames, ...(known ? [known.hostName, ...known.aliases] : [])];
  return {
    hostName,
    hubName: settings.name,
    // Devices may have been told any of them.
    aliases: [...new Set(names)].filter((name) => name !== hostName),
    connectionString: undefined,
  };
}

function answersTo({ settings }: Hub, hostName: string): boolean {
  return settings.hostNames.some((own) => normalizeHostName(own) === hostName);
}

function isGranted({ settings }: Hub, policyName: string, key: string): boolean {
  const policy = settings.policies.find(({ name }) => name === policyName);
  return (
    policy !== undefined &&
    [policy.primaryKey, policy.secondaryKey].includes(key) &&
    grants(policy.rights, "RegistryWrite") &&
    grants(policy.rights, "ServiceConnect")
  );
}

function read(value: LinkedHubSettings): Reading<LinkedHubSettings> {
  return { kind: "read", value };
}

function refused(problem: string): Reading<LinkedHubSettings> {
  return { kind: "invalid", problem };
}
