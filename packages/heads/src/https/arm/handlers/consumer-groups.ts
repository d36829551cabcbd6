import type { Hub } from "@larimar/domain";
import { BUILT_IN_ENDPOINT } from "@larimar/domain";
import { formatResourceId } from "@larimar/wire";
import { resourceNotFound } from "../arm-error.ts";
import type { ArmHandlers, ArmInput } from "../arm-input.ts";
import { hubOf, ok } from "../arm-input.ts";

type Names = "deleteConsumerGroup" | "getConsumerGroup" | "listConsumerGroups" | "putConsumerGroup";

/** Who may read the events of a hub side by side. */
export const consumerGroupHandlers: ArmHandlers<Names> = {
  async listConsumerGroups(input) {
    const hub = eventsOf(input);
    return ok({ value: hub.settings.consumerGroups.map((group) => show(input, hub, group)) });
  },

  async getConsumerGroup(input) {
    const hub = eventsOf(input);
    const group = find(hub, input.params.consumerGroup);
    if (group === undefined) throw notFound(input.params.consumerGroup);
    return ok(show(input, hub, group));
  },

  /** The same again changes nothing. */
  async putConsumerGroup(input) {
    const hub = eventsOf(input);
    const { consumerGroup } = input.params;
    if (find(hub, consumerGroup) === undefined) {
      await hub.configuration.change(({ consumerGroups }) => ({
        consumerGroups: consumerGroups.some(isNamed(consumerGroup))
          ? consumerGroups
          : [...consumerGroups, consumerGroup],
      }));
    }
    return ok(show(input, hub, find(hub, consumerGroup) ?? consumerGroup));
  },

  async deleteConsumerGroup(input) {
    const hub = eventsOf(input);
    const { consumerGroup } = input.params;
    if (find(hub, consumerGroup) === undefined) throw notFound(consumerGroup);
    await hub.configuration.change(({ consumerGroups }) => ({
      consumerGroups: consumerGroups.filter((group) => !isNamed(consumerGroup)(group)),
    }));
    return { status: 200 };
  },
};

function eventsOf(
  input: Pick<ArmInput, "administration"> & {
    readonly params: { readonly name: string; readonly endpoint: string };
  },
): Hub {
  const hub = hubOf(input);
  const { endpoint } = input.params;
  if (endpoint.toLowerCase() !== BUILT_IN_ENDPOINT) throw notFound(endpoint);
  return hub;
}

function find(hub: Hub, name: string): string | undefined {
  return hub.settings.consumerGroups.find(isNamed(name));
}

function isNamed(name: string): (group: string) => boolean {
  return (group) => group.toLowerCase() === name.toLowerCase();
}

function notFound(name: string) {
  return resourceNotFound(`'${name}'`);
}

function show(
  {
    params,
  }: { readonly params: { readonly subscriptionId: string; readonly resourceGroup: string } },
  { settings }: Hub,
  group: string,
) {
  const hubId = formatResourceId(params, "IotHubs", settings.name);
  const escaped = encodeURIComponent(group);
  return {
    id: `${hubId}/eventHubEndpoints/${BUILT_IN_ENDPOINT}/ConsumerGroups/${escaped}`,
    name: group,
    type: "Microsoft.Devices/IotHubs/EventHubEndpoints/ConsumerGroups",
    etag: null,
    properties: { created: new Date(settings.createdAtMs).toUTCString() },
  };
}
