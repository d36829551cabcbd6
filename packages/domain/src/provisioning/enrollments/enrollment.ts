import type { JsonObject } from "../../json/json-value.ts";
import type { AllocationPolicy } from "../allocation/allocation-policy.ts";
import type { GroupAttestation, IndividualAttestation } from "../attestation/attestation.ts";

/** What a device's twin begins with. */
export interface InitialTwin {
  readonly tags: JsonObject;
  readonly desired: JsonObject;
}

/** What happens when a device that has a hub registers again. */
export interface ReprovisionPolicy {
  readonly updateHubAssignment: boolean;
  readonly migrateDeviceData: boolean;
}

export const DEFAULT_REPROVISION_POLICY: ReprovisionPolicy = {
  updateHubAssignment: true,
  migrateDeviceData: true,
};

export interface CustomAllocationDefinition {
  readonly webhookUrl: string;
  readonly apiVersion: string;
}

interface EnrollmentBase {
  /** The registration id or the group's id, as it was first written; compared without case. */
  readonly id: string;
  readonly etag: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly provisioningStatus: "enabled" | "disabled";
  readonly capabilities: { readonly iotEdge: boolean };
  /** The older way of naming a single hub. */
  readonly iotHubHostName: string | undefined;
  /** Empty means every linked hub. */
  readonly iotHubs: readonly string[];
  readonly initialTwin: InitialTwin | undefined;
  readonly reprovisionPolicy: ReprovisionPolicy;
  /** Undefined means the service's own. */
  readonly allocationPolicy: AllocationPolicy | undefined;
  readonly customAllocation: CustomAllocationDefinition | undefined;
}

export interface IndividualEnrollment extends EnrollmentBase {
  readonly kind: "individual";
  readonly attestation: IndividualAttestation;
  /** Undefined means the registration id. */
  readonly deviceId: string | undefined;
  readonly optionalDeviceInformation: JsonObject | undefined;
}

export interface EnrollmentGroup extends EnrollmentBase {
  readonly kind: "group";
  readonly attestation: GroupAttestation;
}

export type Enrollment = IndividualEnrollment | EnrollmentGroup;
