import type { RegistrationName } from "./registration-name.ts";
import { parseRegistrationName } from "./registration-name.ts";

/**
 * The address of both links of a device, with or without scheme, host and leading slash; undefined when it is
 * not one for provisioning. (protocol reference: provisioning 4.2)
 */
export function parseProvisioningAddress(address: string): RegistrationName | undefined {
  const path = address.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "");
  return parseRegistrationName(path.replace(/^\/+|\/+$/g, ""));
}

/** Application properties of requests and answers. (protocol reference: provisioning 4.3) */
export const OPERATION_TYPE_PROPERTY = "iotdps-operation-type";
export const OPERATION_ID_PROPERTY = "iotdps-operation-id";
export const RETRY_AFTER_PROPERTIES = ["retry-after", "Retry-After"] as const;

export type ProvisioningAmqpRequest =
  | { readonly kind: "register" }
  | { readonly kind: "operation"; readonly operationId: string }
  | { readonly kind: "registration" };

/** Undefined for what is no request. */
export function parseAmqpRequest(
  properties: ReadonlyMap<string, unknown>,
): ProvisioningAmqpRequest | undefined {
  const type = properties.get(OPERATION_TYPE_PROPERTY);
  switch (typeof type === "string" ? type.toLowerCase() : undefined) {
    case "iotdps-register":
      return { kind: "register" };
    case "iotdps-get-registration":
      return { kind: "registration" };
    case "iotdps-get-operationstatus": {
      const operationId = properties.get(OPERATION_ID_PROPERTY);
      return typeof operationId === "string" ? { kind: "operation", operationId } : undefined;
    }
    default:
      return undefined;
  }
}
