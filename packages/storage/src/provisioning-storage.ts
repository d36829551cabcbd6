import type {
  CaCertificateStore,
  EnrollmentGroupStore,
  IndividualEnrollmentStore,
  ProvisioningSettingsStore,
  RegistrationStore,
} from "@larimar/domain";

/** The stores of one provisioning service. */
export interface ProvisioningStores {
  readonly individuals: IndividualEnrollmentStore;
  readonly groups: EnrollmentGroupStore;
  readonly registrations: RegistrationStore;
  readonly certificates: CaCertificateStore;
}

export interface ProvisioningStorage {
  readonly settings: ProvisioningSettingsStore;
  forService(name: string): ProvisioningStores;
  /**
   * Removes everything of a service but its settings. Whoever still has its stores is refused with
   * `ServiceNotFound` from the moment it begins.
   */
  eraseService(name: string): Promise<void>;
}
