export const PROVISIONING_RIGHTS = [
  "ServiceConfig",
  "EnrollmentRead",
  "EnrollmentWrite",
  "DeviceConnect",
  "RegistrationStatusRead",
  "RegistrationStatusWrite",
] as const;

export type ProvisioningRight = (typeof PROVISIONING_RIGHTS)[number];

export interface ProvisioningPolicy {
  readonly name: string;
  readonly primaryKey: string;
  readonly secondaryKey: string;
  readonly rights: readonly ProvisioningRight[];
}

/** Whoever may write may also read: clients that update send back what they have read. */
export function grantsProvisioning(
  held: readonly ProvisioningRight[],
  needed: ProvisioningRight,
): boolean {
  return (
    held.includes(needed) ||
    (needed === "EnrollmentRead" && held.includes("EnrollmentWrite")) ||
    (needed === "RegistrationStatusRead" && held.includes("RegistrationStatusWrite"))
  );
}
