import type { ProvisioningRight } from "@larimar/domain";
import type { z } from "zod";
import type { HttpMethod } from "../../rest/routes/route-contract.ts";
import { BulkGroupBody, BulkIndividualBody } from "./bulk-body.ts";
import { EnrollmentGroupBody, IndividualEnrollmentBody } from "./enrollment-body.ts";
import { ProvisioningQueryBody } from "./query-body.ts";

/** One operation of the service API, as data. */
export interface ProvisioningRouteContract {
  readonly name: string;
  readonly method: HttpMethod;
  readonly path: string;
  readonly right: ProvisioningRight;
  /** Heeds `If-Match`. */
  readonly isConditional?: true;
  readonly body?: z.ZodType;
  readonly success: 200 | 204;
}

function contract<const Contract extends ProvisioningRouteContract>(value: Contract): Contract {
  return value;
}

const READ = "EnrollmentRead";
const WRITE = "EnrollmentWrite";

/** (protocol reference: provisioning 7.1) */
export const PROVISIONING_ROUTES = {
  getIndividualEnrollment: contract({
    name: "getIndividualEnrollment",
    method: "GET",
    path: "/enrollments/{registrationId}",
    right: READ,
    success: 200,
  }),
  putIndividualEnrollment: contract({
    name: "putIndividualEnrollment",
    method: "PUT",
    path: "/enrollments/{registrationId}",
    right: WRITE,
    isConditional: true,
    body: IndividualEnrollmentBody,
    success: 200,
  }),
  deleteIndividualEnrollment: contract({
    name: "deleteIndividualEnrollment",
    method: "DELETE",
    path: "/enrollments/{registrationId}",
    right: WRITE,
    isConditional: true,
    success: 204,
  }),
  bulkIndividualEnrollments: contract({
    name: "bulkIndividualEnrollments",
    method: "POST",
    path: "/enrollments",
    right: WRITE,
    body: BulkIndividualBody,
    success: 200,
  }),
  queryIndividualEnrollments: contract({
    name: "queryIndividualEnrollments",
    method: "POST",
    path: "/enrollments/query",
    right: READ,
    body: ProvisioningQueryBody,
    success: 200,
  }),
  getIndividualAttestation: contract({
    name: "getIndividualAttestation",
    method: "POST",
    path: "/enrollments/{registrationId}/attestationmechanism",
    right: READ,
    success: 200,
  }),
  getEnrollmentGroup: contract({
    name: "getEnrollmentGroup",
    method: "GET",
    path: "/enrollmentGroups/{enrollmentGroupId}",
    right: READ,
    success: 200,
  }),
  putEnrollmentGroup: contract({
    name: "putEnrollmentGroup",
    method: "PUT",
    path: "/enrollmentGroups/{enrollmentGroupId}",
    right: WRITE,
    isConditional: true,
    body: EnrollmentGroupBody,
    success: 200,
  }),
  deleteEnrollmentGroup: contract({
    name: "deleteEnrollmentGroup",
    method: "DELETE",
    path: "/enrollmentGroups/{enrollmentGroupId}",
    right: WRITE,
    isConditional: true,
    success: 204,
  }),
  bulkEnrollmentGroups: contract({
    name: "bulkEnrollmentGroups",
    method: "POST",
    path: "/enrollmentGroups",
    right: WRITE,
    body: BulkGroupBody,
    success: 200,
  }),
  queryEnrollmentGroups: contract({
    name: "queryEnrollmentGroups",
    method: "POST",
    path: "/enrollmentGroups/query",
    right: READ,
    body: ProvisioningQueryBody,
    success: 200,
  }),
  getGroupAttestation: contract({
    name: "getGroupAttestation",
    method: "POST",
    path: "/enrollmentGroups/{enrollmentGroupId}/attestationmechanism",
    right: READ,
    success: 200,
  }),
  getRegistration: contract({
    name: "getRegistration",
    method: "GET",
    path: "/registrations/{registrationId}",
    right: "RegistrationStatusRead",
    success: 200,
  }),
  deleteRegistration: contract({
    name: "deleteRegistration",
    method: "DELETE",
    path: "/registrations/{registrationId}",
    right: "RegistrationStatusWrite",
    isConditional: true,
    success: 204,
  }),
  queryRegistrations: contract({
    name: "queryRegistrations",
    method: "POST",
    path: "/registrations/{enrollmentGroupId}/query",
    right: "RegistrationStatusRead",
    body: ProvisioningQueryBody,
    success: 200,
  }),
} as const satisfies Record<string, ProvisioningRouteContract>;
