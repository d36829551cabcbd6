import type { Hub, HubSettings } from "@larimar/domain";
import { HUB_TIERS, isHubName } from "@larimar/domain";
import { formatHub, formatHubSku, formatPolicy, readHub } from "@larimar/wire";
import { ArmError, resourceNotFound } from "../arm-error.ts";
import type { ArmHandlers, ArmInput } from "../arm-input.ts";
import { deleted, hubOf, ok, placeOf, valueOf } from "../arm-input.ts";

type Names =
  | "checkHubName"
  | "deleteHub"
  | "getHub"
  | "getHubKey"
  | "getHubStatistics"
  | "listHubKeys"
  | "listHubPrivateEndpoints"
  | "listHubPrivateLinks"
  | "listHubQuotas"
  | "listHubSkus"
  | "listHubs"
  | "listHubsOfSubscription"
  | "patchHub"
  | "putHub";

export const hubHandlers: ArmHandlers<Names> = {
  async listHubsOfSubscription(input) {
    return ok({ value: listAll(input) });
  },

  async listHubs(input) {
    return ok({ value: listAll(input) });
  },

  async getHub(input) {
    return ok(show(input, hubOf(input).settings));
  },

  async putHub(input) {
    const { administration, params } = input;
    const existing = administration.hubs.find(params.name);
    if (existing === undefined) return { status: 201, body: show(input, await create(input)) };
    return ok(show(input, await update(input, existing)));
  },

  async patchHub(input) {
    const { body, ifMatch } = input;
    const settings = await hubOf(input).configuration.change(
      ({ resource }) => ({ resource: { ...resource, tags: body.tags ?? resource.tags } }),
      ifMatch,
    );
    return ok(show(input, settings));
  },

  async deleteHub({ administration, params, ifMatch }) {
    const { hubs, hubLifecycle } = administration;
    const hub = hubs.find(params.name);
    if (ifMatch !== undefined && ifMatch !== "any" && hub?.settings.etag !== ifMatch.etag) {
      throw new ArmError("PreconditionFailed", `The ETag of hub '${params.name}' does not match`);
    }
    if (hub === undefined && !(await hubLifecycle.isTaken(params.name))) return { status: 204 };
    return deleted(() => hubLifecycle.delete(params.name));
  },

  async checkHubName({ administration, body: { name } }) {
    return ok(judgeName("hub", name, await administration.hubLifecycle.isTaken(name)));
  },

  async listHubKeys(input) {
    return ok({ value: hubOf(input).settings.policies.map(formatPolicy) });
  },

  async getHubKey(input) {
    return ok(formatPolicy(policyOf(hubOf(input).settings.policies, input.params.keyName)));
  },

  async getHubStatistics(input) {
    const { total, enabled } = await hubOf(input).devices.statistics();
    return ok({
      totalDeviceCount: total,
      enabledDeviceCount: enabled,
      disabledDeviceCount: total - enabled,
    });
  },

  async listHubQuotas(input) {
    const { devices, admission } = hubOf(input);
    const { total } = await devices.statistics();
    const { usage } = admission;
    return ok({
      value: [
        // Messages are counted where the hub is held to its tier.
        ...(usage === undefined
          ? []
          : [{ name: "TotalMessages", currentValue: usage.charged, maxValue: usage.perDay }]),
        { name: "TotalDeviceCount", currentValue: total, maxValue: DEVICES_MAX },
      ],
    });
  },

  async listHubSkus(input) {
    hubOf(input);
    const value = HUB_TIERS.map((tier) => {
      const { name, tier: tierName } = formatHubSku({ tier, units: 1 });
      const maximum = tier === "F1" ? 1 : tier.endsWith("3") ? 10 : 200;
      return {
        resourceType: "Microsoft.Devices/IotHubs",
        sku: { name, tier: tierName },
        capacity: { minimum: 1, maximum, default: 1, scaleType: "Manual" },
      };
    });
    return ok({ value });
  },

  async listHubPrivateEndpoints(input) {
    hubOf(input);
    return ok([]);
  },

  async listHubPrivateLinks(input) {
    hubOf(input);
    return ok({ value: [] });
  },
};

/** The hosted service's figure; the registry here has no limit of its own. */
const DEVICES_MAX = 1_000_000;

export function judgeName(what: string, name: string, isTaken: boolean) {
  if (!isHubName(name)) {
    return {
      nameAvailable: false,
      reason: "Invalid",
      message: `The name of a ${what} is 1 to 50 letters, digits and inner hyphens`,
    };
  }
  return isTaken
    ? {
        nameAvailable: false,
        reason: "AlreadyExists",
        message: `There is a ${what} '${name}' already`,
      }
    : { nameAvailable: true };
}

export function policyOf<Policy extends { readonly name: string }>(
  policies: readonly Policy[],
  keyName: string,
): Policy {
  const found = policies.find(({ name }) => name.toLowerCase() === keyName.toLowerCase());
  if (found === undefined) throw resourceNotFound(`The policy '${keyName}'`);
  return found;
}

async function create(input: ArmInput<"putHub">): Promise<HubSettings> {
  const { administration, params, body, json, ifMatch } = input;
  const { name, resourceGroup } = params;
  if (ifMatch !== undefined) {
    throw new ArmError("PreconditionFailed", `There is no hub '${name}' to be changed`);
  }
  const { hubLifecycle, secrets } = administration;
  const partitionCount = body.properties?.eventHubEndpoints?.events?.partitionCount ?? undefined;
  const hub = await hubLifecycle.create({
    name,
    partitionCount,
    decide: (fresh) => {
      const { change } = valueOf(readHub(body, json, fresh, secrets));
      return { ...change, resource: { ...(change.resource ?? fresh.resource), resourceGroup } };
    },
  });
  return hub.settings;
}

async function update(input: ArmInput<"putHub">, hub: Hub): Promise<HubSettings> {
  const { administration, body, json, ifMatch } = input;
  return hub.configuration.change((current) => {
    const reading = valueOf(readHub(body, json, current, administration.secrets));
    const { partitionCount, change } = reading;
    if (partitionCount !== undefined && partitionCount !== current.partitionCount) {
      throw new ArmError("InvalidRequestContent", "The partitions of a hub cannot be changed");
    }
    return change;
  }, ifMatch);
}

function listAll(
  input: Pick<ArmInput, "administration" | "amqpAuthority"> & {
    readonly params: { readonly subscriptionId: string; readonly resourceGroup?: string };
  },
) {
  return input.administration.hubs.list().map((hub) => show(input, hub.settings));
}

function show(
  {
    params,
    amqpAuthority,
  }: Pick<ArmInput, "amqpAuthority"> & {
    readonly params: { readonly subscriptionId: string; readonly resourceGroup?: string };
  },
  settings: HubSettings,
) {
  return formatHub(settings, { place: placeOf(params, settings.resource), amqpAuthority });
}
