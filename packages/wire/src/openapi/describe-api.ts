import type { ArmRouteContract } from "../arm/arm-routes.ts";
import type { ProvisioningDeviceContract } from "../provisioning/device/provisioning-device-routes.ts";
import type { ProvisioningRouteContract } from "../provisioning/service/provisioning-routes.ts";
import type { RouteContract } from "../rest/routes/route-contract.ts";
import type { DescribedOperation } from "./describe-operation.ts";
import { describeOperation } from "./describe-operation.ts";
import type { OpenApiDocument, OpenApiOperation } from "./openapi-document.ts";
import { ERROR_SCHEMAS, SECURITY_SCHEMES, TAGS } from "./openapi-parts.ts";

/** The contracts that a head serves by, each kind from the same place as the head has it. */
export interface ApiContracts {
  readonly hub: readonly RouteContract[];
  readonly provisioning: readonly ProvisioningRouteContract[];
  readonly provisioningDevices: readonly ProvisioningDeviceContract[];
  /** By their names. */
  readonly administration: Readonly<Record<string, ArmRouteContract>>;
}

/** Of the hosted service, whose newest this one follows. */
const API_VERSION = "2021-04-12";

/** The REST API for other people's tools, made of what requests are routed and validated by. */
export function describeApi(contracts: ApiContracts): OpenApiDocument {
  const operations = [
    ...contracts.hub.map(ofHub),
    ...contracts.provisioning.map(ofProvisioning),
    ...contracts.provisioningDevices.map(ofProvisioningDevice),
    ...Object.entries(contracts.administration).map(ofAdministration),
  ];
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const operation of operations) {
    const methods = (paths[operation.path] ??= {});
    methods[operation.method.toLowerCase()] = describeOperation(operation);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Larimar",
      version: API_VERSION,
      description: "Hubs, devices and provisioning over HTTPS.",
    },
    tags: TAGS,
    paths,
    components: { schemas: ERROR_SCHEMAS, securitySchemes: SECURITY_SCHEMES },
  };
}

function ofHub(contract: RouteContract): DescribedOperation {
  const { name, method, path, caller, query, body, success } = contract;
  return {
    operationId: name,
    tag: caller === "device" ? "device" : caller === "anyone" ? "server" : "hub",
    method,
    path,
    security:
      caller === "anyone"
        ? []
        : caller === "device"
          ? ["sharedAccessSignature", "clientCertificate"]
          : ["sharedAccessSignature", "identityProvider"],
    ...(typeof caller === "object"
      ? { description: `Needs one of the rights ${caller.rights.join(", ")}.` }
      : {}),
    isApiVersionRequired: contract.isApiVersionRequired,
    isConditional: contract.isConditional ?? false,
    query,
    body,
    success,
    errorSchema: "Error",
  };
}

function ofProvisioning(contract: ProvisioningRouteContract): DescribedOperation {
  const { name, method, path, right, body, success } = contract;
  return {
    operationId: name,
    tag: "provisioning",
    method,
    path,
    security: ["sharedAccessSignature"],
    description: `Needs the right ${right}.`,
    isApiVersionRequired: true,
    isConditional: contract.isConditional ?? false,
    body: body && { schema: body },
    success: { status: success, contentType: "application/json" },
    errorSchema: "ProvisioningError",
  };
}

function ofProvisioningDevice(contract: ProvisioningDeviceContract): DescribedOperation {
  const { name, method, path } = contract;
  return {
    operationId: `provisioningDevice.${name}`,
    tag: "provisioning",
    method,
    path,
    security: ["sharedAccessSignature", "clientCertificate"],
    isApiVersionRequired: true,
    isConditional: false,
    body: method === "GET" ? undefined : {},
    success: { status: name === "register" ? 202 : 200, contentType: "application/json" },
    errorSchema: "ProvisioningError",
  };
}

function ofAdministration([name, contract]: readonly [
  string,
  ArmRouteContract,
]): DescribedOperation {
  const { method, path, body } = contract;
  return {
    operationId: `administration.${name}`,
    tag: "administration",
    method,
    path,
    security: ["administrationToken"],
    isApiVersionRequired: true,
    isConditional: method === "PUT" || method === "DELETE",
    body: body && { schema: body },
    success: { status: 200, contentType: "application/json" },
    errorSchema: "AdministrationError",
  };
}
