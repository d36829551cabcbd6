import type { AttestationType } from "../attestation/attestation.ts";
import type { Enrollment, EnrollmentGroup, IndividualEnrollment } from "./enrollment.ts";

/** The enrollments of one service, of one kind. Ids compare without case. */
export interface EnrollmentStore<E extends Enrollment> {
  find(id: string): Promise<E | undefined>;
  /** Compare-and-set: no expected etag means "must not exist yet". */
  put(enrollment: E, expectedEtag: string | undefined): Promise<"written" | "conflict">;
  /** No expected etag deletes whatever is there. */
  delete(id: string, expectedEtag: string | undefined): Promise<"deleted" | "missing" | "conflict">;
  /** In order of lower-cased id, after the given one. */
  list(page: { after?: string | undefined; limit: number }): Promise<readonly E[]>;
  /** Must not cost more with more enrollments. */
  count(type?: AttestationType): Promise<number>;
}

export type IndividualEnrollmentStore = EnrollmentStore<IndividualEnrollment>;

export interface EnrollmentGroupStore extends EnrollmentStore<EnrollmentGroup> {
  /** All of them, oldest first: their number is limited, and an attestation looks through them. */
  listByType(type: "symmetricKey" | "x509"): Promise<readonly EnrollmentGroup[]>;
}
