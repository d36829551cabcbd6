import { ARM_NAMESPACE } from "@larimar/wire";
import type { ArmHandlers } from "../arm-input.ts";
import { ok } from "../arm-input.ts";

const OPERATIONS = [
  ["IotHubs", "IoT hubs", ["Read", "Write", "Delete", "listkeys/Action"]],
  ["IotHubs/certificates", "Certificates of IoT hubs", ["Read", "Write", "Delete"]],
  [
    "IotHubs/eventHubEndpoints/consumerGroups",
    "Consumer groups of IoT hubs",
    ["Read", "Write", "Delete"],
  ],
  ["provisioningServices", "Provisioning services", ["Read", "Write", "Delete", "listkeys/Action"]],
  [
    "provisioningServices/certificates",
    "Certificates of provisioning services",
    ["Read", "Write", "Delete"],
  ],
] as const;

/** What the server is to the resource manager's clients. */
export const providerHandlers: ArmHandlers<"listOperations" | "listUsages"> = {
  async listOperations() {
    const value = OPERATIONS.flatMap(([type, resource, actions]) =>
      actions.map((operation) => ({
        name: `${ARM_NAMESPACE}/${type}/${operation}`,
        display: { provider: ARM_NAMESPACE, resource, operation },
      })),
    );
    return ok({ value });
  },

  async listUsages({ administration, params }) {
    const { hubs, provisioning, hubLifecycle, provisioningLifecycle } = administration;
    const usage = (name: string, currentValue: number, limit: number) => ({
      id: `/subscriptions/${params.subscriptionId}/providers/${ARM_NAMESPACE}/usages/${name}`,
      type: `${ARM_NAMESPACE}/usages`,
      unit: "Count",
      currentValue,
      limit,
      name: { value: name, localizedValue: name },
    });
    return ok({
      value: [
        usage("IotHub", hubs.list().length, hubLifecycle.hubsMax),
        usage("ProvisioningService", provisioning.list().length, provisioningLifecycle.servicesMax),
      ],
    });
  },
};
