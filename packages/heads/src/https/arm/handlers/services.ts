import type { ProvisioningService, ProvisioningSettings } from "@larimar/domain";
import { formatPolicy, formatProvisioningService, readProvisioningService } from "@larimar/wire";
import { ArmError } from "../arm-error.ts";
import type { ArmHandlers, ArmInput } from "../arm-input.ts";
import { deleted, ok, placeOf, serviceOf, valueOf } from "../arm-input.ts";
import { createLinker } from "../link-hubs.ts";
import { judgeName, policyOf } from "./hubs.ts";

type Names =
  | "checkServiceName"
  | "deleteService"
  | "getService"
  | "getServiceKey"
  | "listServiceKeys"
  | "listServicePrivateEndpoints"
  | "listServicePrivateLinks"
  | "listServiceSkus"
  | "listServices"
  | "listServicesOfSubscription"
  | "patchService"
  | "putService";

export const serviceHandlers: ArmHandlers<Names> = {
  async listServicesOfSubscription(input) {
    return ok({ value: listAll(input) });
  },

  async listServices(input) {
    return ok({ value: listAll(input) });
  },

  async getService(input) {
    return ok(show(input, serviceOf(input).settings));
  },

  async putService(input) {
    const { administration, params } = input;
    const existing = administration.provisioning.find(params.name);
    if (existing === undefined) return { status: 201, body: show(input, await create(input)) };
    return ok(show(input, await update(input, existing)));
  },

  async patchService(input) {
    const { body, ifMatch } = input;
    const settings = await serviceOf(input).configuration.change(
      ({ resource }) => ({ resource: { ...resource, tags: body.tags ?? resource.tags } }),
      ifMatch,
    );
    return ok(show(input, settings));
  },

  async deleteService({ administration, params, ifMatch }) {
    const { provisioning, provisioningLifecycle } = administration;
    const { name } = params;
    const service = provisioning.find(name);
    if (ifMatch !== undefined && ifMatch !== "any" && service?.settings.etag !== ifMatch.etag) {
      throw new ArmError("PreconditionFailed", `The ETag of service '${name}' does not match`);
    }
    if (service === undefined && !(await provisioningLifecycle.isTaken(name))) {
      return { status: 204 };
    }
    return deleted(() => provisioningLifecycle.delete(name));
  },

  async checkServiceName({ administration, body: { name } }) {
    const isTaken = await administration.provisioningLifecycle.isTaken(name);
    return ok(judgeName("provisioning service", name, isTaken));
  },

  async listServiceKeys(input) {
    return ok({ value: serviceOf(input).settings.policies.map(formatPolicy) });
  },

  async getServiceKey(input) {
    return ok(formatPolicy(policyOf(serviceOf(input).settings.policies, input.params.keyName)));
  },

  async listServiceSkus(input) {
    serviceOf(input);
    return ok({ value: [{ name: "S1" }] });
  },

  async listServicePrivateEndpoints(input) {
    serviceOf(input);
    return ok([]);
  },

  async listServicePrivateLinks(input) {
    serviceOf(input);
    return ok({ value: [] });
  },
};

type PutInput = ArmInput<"putService">;

async function create(input: PutInput): Promise<ProvisioningSettings> {
  const { administration, params, ifMatch } = input;
  const { name, resourceGroup } = params;
  if (ifMatch !== undefined) {
    throw new ArmError("PreconditionFailed", `There is no service '${name}' to be changed`);
  }
  const service = await administration.provisioningLifecycle.create(name, (fresh) => {
    const change = decide(input, fresh);
    return { ...change, resource: { ...(change.resource ?? fresh.resource), resourceGroup } };
  });
  return service.settings;
}

function update(input: PutInput, { configuration }: ProvisioningService) {
  return configuration.change((current) => decide(input, current), input.ifMatch);
}

function decide({ administration, body, json }: PutInput, current: ProvisioningSettings) {
  const { secrets, hubs } = administration;
  const link = createLinker(current.linkedHubs, hubs);
  return valueOf(readProvisioningService(body, json, current, { secrets, link }));
}

type ListInput = Pick<ArmInput, "administration"> & {
  readonly params: { readonly subscriptionId: string; readonly resourceGroup?: string };
};

function listAll(input: ListInput) {
  return input.administration.provisioning.list().map((service) => show(input, service.settings));
}

function show({ params }: Pick<ListInput, "params">, settings: ProvisioningSettings) {
  return formatProvisioningService(settings, { place: placeOf(params, settings.resource) });
}
