import type { EnrollmentBulkError } from "@larimar/domain";
import { ENROLLMENT_BULK_MODES } from "@larimar/domain";
import { z } from "zod";
import { PROVISIONING_ERROR_NUMBERS } from "../provisioning-error-table.ts";
import { EnrollmentGroupBody, IndividualEnrollmentBody } from "./enrollment-body.ts";

const mode = z.enum(ENROLLMENT_BULK_MODES);

/** (protocol reference: provisioning 7.7) */
export const BulkIndividualBody = z.object({
  mode,
  enrollments: z.array(IndividualEnrollmentBody),
});

export const BulkGroupBody = z.object({ mode, enrollmentGroups: z.array(EnrollmentGroupBody) });

export function toBulkResultBody(
  errors: readonly EnrollmentBulkError[],
  idName: "registrationId" | "enrollmentGroupId",
): Record<string, unknown> {
  return {
    isSuccessful: errors.length === 0,
    errors: errors.map(({ id, code, message }) => ({
      [idName]: id,
      errorCode: PROVISIONING_ERROR_NUMBERS[code],
      errorStatus: message,
    })),
  };
}

/** Without the quotes that clients carry along. */
export function readItemEtag(etag: string | null | undefined): string | undefined {
  return etag ? etag.replace(/^"(.*)"$/, "$1") : undefined;
}
