import type {
  Enrollment,
  EnrollmentGroup,
  IndividualEnrollment,
  ProvisioningPage,
  ProvisioningPageRequest,
  ProvisioningService,
} from "@larimar/domain";
import { isSameProvisioningId, ProvisioningError } from "@larimar/domain";
import type {
  BulkGroupBody,
  BulkIndividualBody,
  EnrollmentGroupBody,
  IndividualEnrollmentBody,
  PROVISIONING_ROUTES,
  ProvisioningItemType,
  ProvisioningQueryBody,
} from "@larimar/wire";
import {
  CONTINUATION_HEADER,
  formatContinuation,
  ITEM_TYPE_HEADER,
  PAGE_SIZE_HEADER,
  parseContinuation,
  readItemEtag,
  readPageSize,
  toAttestationBody,
  toBulkResultBody,
  toEnrollmentBody,
  toEnrollmentGroupInput,
  toIndividualEnrollmentInput,
  toRegistrationRecord,
} from "@larimar/wire";
import type { z } from "zod";
import type { ServiceAnswer, ServiceHandler, ServiceInput } from "./service-request.ts";

type OperationName = (typeof PROVISIONING_ROUTES)[keyof typeof PROVISIONING_ROUTES]["name"];

/** One for each operation of the service API. (protocol reference: provisioning 7) */
export const SERVICE_HANDLERS: Readonly<Record<OperationName, ServiceHandler>> = {
  getIndividualEnrollment: async (input) =>
    individualAnswer(input, await input.service.individualEnrollments.get(input.id)),

  putIndividualEnrollment: async (input) => {
    const body = input.body as z.output<typeof IndividualEnrollmentBody>;
    checkId(input.id, body.registrationId);
    const { individualEnrollments } = input.service;
    const wanted = toIndividualEnrollmentInput(input.id, body);
    return individualAnswer(input, await individualEnrollments.put(wanted, input.ifMatch));
  },

  deleteIndividualEnrollment: async ({ service, id, ifMatch }) => {
    await service.individualEnrollments.delete(id, ifMatch ?? "any");
    return { body: undefined };
  },

  bulkIndividualEnrollments: async ({ service, body }) => {
    const { mode, enrollments } = body as z.output<typeof BulkIndividualBody>;
    const items = enrollments.map((item) => ({
      input: toIndividualEnrollmentInput(item.registrationId ?? "", item),
      etag: readItemEtag(item.etag),
    }));
    const errors = await service.individualEnrollments.bulk(mode, items);
    return { body: toBulkResultBody(errors, "registrationId") };
  },

  queryIndividualEnrollments: async (input) => {
    const { service, nowMs } = input;
    const page = await service.individualEnrollments.query(queryOf(input), pageOf(input));
    const bodies = page.items.map((item) => individualBody(service, item, nowMs));
    return pageAnswer("enrollment", await Promise.all(bodies), page);
  },

  getIndividualAttestation: async ({ service, id }) =>
    attestationAnswer(await service.individualEnrollments.get(id)),

  getEnrollmentGroup: async (input) =>
    groupAnswer(input, await input.service.enrollmentGroups.get(input.id)),

  putEnrollmentGroup: async (input) => {
    const body = input.body as z.output<typeof EnrollmentGroupBody>;
    checkId(input.id, body.enrollmentGroupId);
    const wanted = toEnrollmentGroupInput(input.id, body);
    return groupAnswer(input, await input.service.enrollmentGroups.put(wanted, input.ifMatch));
  },

  deleteEnrollmentGroup: async ({ service, id, ifMatch }) => {
    await service.enrollmentGroups.delete(id, ifMatch ?? "any");
    return { body: undefined };
  },

  bulkEnrollmentGroups: async ({ service, body }) => {
    const { mode, enrollmentGroups } = body as z.output<typeof BulkGroupBody>;
    const items = enrollmentGroups.map((item) => ({
      input: toEnrollmentGroupInput(item.enrollmentGroupId ?? "", item),
      etag: readItemEtag(item.etag),
    }));
    const errors = await service.enrollmentGroups.bulk(mode, items);
    return { body: toBulkResultBody(errors, "enrollmentGroupId") };
  },

  queryEnrollmentGroups: async (input) => {
    const page = await input.service.enrollmentGroups.query(queryOf(input), pageOf(input));
    const bodies = page.items.map((group) => toEnrollmentBody(group, undefined, input.nowMs));
    return pageAnswer("enrollmentGroup", bodies, page);
  },

  getGroupAttestation: async ({ service, id }) =>
    attestationAnswer(await service.enrollmentGroups.get(id)),

  getRegistration: async ({ service, id, nowMs }) => ({
    body: toRegistrationRecord(await service.registrations.get(id), nowMs),
  }),

  deleteRegistration: async ({ service, id, ifMatch }) => {
    await service.registrations.delete(id, ifMatch ?? "any");
    return { body: undefined };
  },

  queryRegistrations: async (input) => {
    const { service, id, nowMs } = input;
    const page = await service.registrations.queryGroup(id, queryOf(input), pageOf(input));
    const bodies = page.items.map((registration) => toRegistrationRecord(registration, nowMs));
    return pageAnswer("deviceRegistration", bodies, page);
  },
};

function checkId(inPath: string, inBody: string | null | undefined): void {
  if (inBody && !isSameProvisioningId(inBody, inPath)) {
    throw new ProvisioningError("ArgumentInvalid", "The ids in the path and in the body differ");
  }
}

async function individualAnswer(
  { service, nowMs }: ServiceInput,
  enrollment: IndividualEnrollment,
): Promise<ServiceAnswer> {
  return { body: await individualBody(service, enrollment, nowMs) };
}

async function individualBody(
  service: ProvisioningService,
  enrollment: IndividualEnrollment,
  nowMs: number,
): Promise<unknown> {
  const registration = await service.registrations.find(enrollment.id);
  // What a group once let in under this id says nothing about this enrollment.
  const own = registration?.enrollmentGroupId === undefined ? registration : undefined;
  return toEnrollmentBody(enrollment, own, nowMs);
}

async function groupAnswer(
  { nowMs }: ServiceInput,
  group: EnrollmentGroup,
): Promise<ServiceAnswer> {
  return { body: toEnrollmentBody(group, undefined, nowMs) };
}

function attestationAnswer({ attestation }: Enrollment): ServiceAnswer {
  return { body: toAttestationBody(attestation, { withKeys: true }) };
}

function queryOf({ body }: ServiceInput): string {
  return (body as z.output<typeof ProvisioningQueryBody>).query;
}

function pageOf({ headers }: ServiceInput): ProvisioningPageRequest {
  const limit = readPageSize(headers[PAGE_SIZE_HEADER]?.toString());
  if (limit === undefined) {
    throw new ProvisioningError("ArgumentInvalid", `${PAGE_SIZE_HEADER} is not a number of items`);
  }
  const after = parseContinuation(headers[CONTINUATION_HEADER]?.toString());
  if (after.kind === "invalid") throw new ProvisioningError("ArgumentInvalid", after.problem);
  return { limit, after: after.value };
}

function pageAnswer(
  type: ProvisioningItemType,
  body: readonly unknown[],
  { after }: ProvisioningPage<unknown>,
): ServiceAnswer {
  const headers: Record<string, string> = { [ITEM_TYPE_HEADER]: type };
  if (after !== undefined) headers[CONTINUATION_HEADER] = formatContinuation(after);
  return { body, headers };
}
