import type {
  Administration,
  EtagCondition,
  Hub,
  JsonObject,
  ProvisioningService,
} from "@larimar/domain";
import { HubError, ProvisioningError } from "@larimar/domain";
import type { ARM_ROUTES, ArmRouteName, ParamNames, Reading, ResourcePlace } from "@larimar/wire";
import type { z } from "zod";
import { ArmError, resourceNotFound } from "./arm-error.ts";

type BodyOf<Name extends ArmRouteName> = (typeof ARM_ROUTES)[Name] extends {
  body: infer Schema extends z.ZodType;
}
  ? z.output<Schema>
  : undefined;

/** A request that was authorised, routed and validated. */
export interface ArmInput<Name extends ArmRouteName = ArmRouteName> {
  readonly administration: Administration;
  readonly params: { readonly [Param in ParamNames<(typeof ARM_ROUTES)[Name]["path"]>]: string };
  readonly body: BodyOf<Name>;
  /** The body before it was validated. */
  readonly json: JsonObject;
  readonly ifMatch: EtagCondition | undefined;
  readonly amqpAuthority: (hostName: string) => string;
}

export interface ArmAnswer {
  readonly status: 200 | 201 | 204;
  /** Absent for answers without one. */
  readonly body?: unknown;
}

export type ArmHandler<Name extends ArmRouteName> = (input: ArmInput<Name>) => Promise<ArmAnswer>;

export type ArmHandlers<Name extends ArmRouteName> = {
  readonly [Each in Name]: ArmHandler<Each>;
};

type HubInput = Pick<ArmInput, "administration"> & { readonly params: { readonly name: string } };

export function hubOf({ administration, params }: HubInput): Hub {
  const hub = administration.hubs.find(params.name);
  if (hub === undefined) throw resourceNotFound(`The hub '${params.name}'`);
  return hub;
}

export function serviceOf({ administration, params }: HubInput): ProvisioningService {
  const service = administration.provisioning.find(params.name);
  if (service === undefined) throw resourceNotFound(`The service '${params.name}'`);
  return service;
}

/** Whatever subscription and resource group a client believes in. */
export function placeOf(
  params: { readonly subscriptionId: string; readonly resourceGroup?: string },
  resource: { readonly resourceGroup: string },
): ResourcePlace {
  return {
    subscriptionId: params.subscriptionId,
    resourceGroup: params.resourceGroup ?? resource.resourceGroup,
  };
}

export function valueOf<T>(reading: Reading<T>): T {
  if (reading.kind === "read") return reading.value;
  throw new ArmError("InvalidRequestContent", reading.problem);
}

/** Somebody else may have been faster, which is as good. */
export async function deleted(deletion: () => Promise<void>): Promise<ArmAnswer> {
  try {
    await deletion();
    return { status: 200 };
  } catch (error) {
    const isGone =
      (error instanceof HubError && error.code === "HubNotFound") ||
      (error instanceof ProvisioningError && error.code === "ServiceNotFound");
    if (isGone) return { status: 204 };
    throw error;
  }
}

export function ok(body: unknown): ArmAnswer {
  return { status: 200, body };
}
