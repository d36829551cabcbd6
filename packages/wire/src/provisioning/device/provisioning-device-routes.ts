import type { HttpMethod } from "../../rest/routes/route-contract.ts";

export interface ProvisioningDeviceContract {
  readonly name: "register" | "operation" | "registration";
  readonly method: HttpMethod;
  readonly path: string;
}

/** The device API over HTTPS. (protocol reference: provisioning 2.1) */
export const PROVISIONING_DEVICE_ROUTES = [
  {
    name: "register",
    method: "PUT",
    path: "/{idScope}/registrations/{registrationId}/register",
  },
  {
    name: "operation",
    method: "GET",
    path: "/{idScope}/registrations/{registrationId}/operations/{operationId}",
  },
  { name: "registration", method: "POST", path: "/{idScope}/registrations/{registrationId}" },
] as const satisfies readonly ProvisioningDeviceContract[];
