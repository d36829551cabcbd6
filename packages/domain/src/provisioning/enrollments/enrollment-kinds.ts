import type { Secrets } from "../../access/secrets.ts";
import type { Clock } from "../../time/clock.ts";
import type { ProvisioningCrypto } from "../attestation/provisioning-crypto.ts";
import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import { ProvisioningError } from "../provisioning-error.ts";
import { resolveAttestation, resolveGroupAttestation } from "./attestation-input.ts";
import type { EnrollmentGroup, IndividualEnrollment } from "./enrollment.ts";
import type { EnrollmentGroupInput, IndividualEnrollmentInput } from "./enrollment-input.ts";
import { individualMembers, sharedMembers } from "./enrollment-input.ts";
import type { EnrollmentGroupStore, IndividualEnrollmentStore } from "./enrollment-store.ts";
import { Enrollments } from "./enrollments.ts";

interface CommonParts {
  readonly secrets: Secrets;
  readonly crypto: ProvisioningCrypto;
  readonly clock: Clock;
  readonly limits: ProvisioningLimits;
}

export type IndividualEnrollments = Enrollments<IndividualEnrollment, IndividualEnrollmentInput>;
export type EnrollmentGroups = Enrollments<EnrollmentGroup, EnrollmentGroupInput>;

export function createIndividualEnrollments(
  store: IndividualEnrollmentStore,
  parts: CommonParts,
): IndividualEnrollments {
  const { individualEnrollmentsMax } = parts.limits;
  return new Enrollments<IndividualEnrollment, IndividualEnrollmentInput>({
    ...parts,
    kind: "individual",
    store,
    resolve: (input, current) => ({
      ...sharedMembers(input),
      ...individualMembers(input),
      attestation: resolveAttestation(input.attestation, current?.attestation, parts),
    }),
    checkRoom: async () => {
      if ((await store.count()) < individualEnrollmentsMax) return;
      throw new ProvisioningError(
        "QuotaExceeded",
        `The service already has ${individualEnrollmentsMax} individual enrollments`,
      );
    },
  });
}

export function createEnrollmentGroups(
  store: EnrollmentGroupStore,
  parts: CommonParts,
): EnrollmentGroups {
  const { groupsPerAttestationTypeMax } = parts.limits;
  return new Enrollments<EnrollmentGroup, EnrollmentGroupInput>({
    ...parts,
    kind: "group",
    store,
    resolve: (input, current) => ({
      ...sharedMembers(input),
      attestation: resolveGroupAttestation(input.attestation, current?.attestation, parts),
    }),
    checkRoom: async (next) => {
      const { type } = next.attestation;
      if ((await store.count(type)) < groupsPerAttestationTypeMax) return;
      throw new ProvisioningError(
        "QuotaExceeded",
        `The service already has ${groupsPerAttestationTypeMax} groups of type ${type}`,
      );
    },
  });
}
