import type { Registration } from "@larimar/domain";
import { failureOf, statusOf } from "@larimar/domain";
import { z } from "zod";
import { CertificateInfoBody, toCertificateInfoBody } from "./certificate-info.ts";
import { PROVISIONING_ERROR_NUMBERS } from "./provisioning-error-table.ts";
import { provisioningTimestamp } from "./provisioning-timestamp.ts";

const STATUSES = ["assigning", "assigned", "failed"] as const;
const SUBSTATUSES = ["initialAssignment", "deviceDataMigrated", "deviceDataReset"] as const;

/** A registration as its device and the service's clients read it. (protocol reference: provisioning 2.3, 7.9) */
export const RegistrationState = z.object({
  registrationId: z.string(),
  status: z.enum(STATUSES),
  createdDateTimeUtc: z.string().optional(),
  lastUpdatedDateTimeUtc: z.string().optional(),
  assignedHub: z.string().optional(),
  deviceId: z.string().optional(),
  substatus: z.enum(SUBSTATUSES).optional(),
  errorCode: z.int().optional(),
  errorMessage: z.string().optional(),
  etag: z.string().optional(),
  payload: z.unknown().optional(),
  symmetricKey: z.object({ enrollmentGroupId: z.string().optional() }).optional(),
  x509: z
    .object({
      certificateInfo: CertificateInfoBody,
      signingCertificateInfo: CertificateInfoBody.optional(),
      enrollmentGroupId: z.string().optional(),
    })
    .optional(),
  tpm: z.object({ authenticationKey: z.string().optional() }).optional(),
});

export type RegistrationStateBody = z.output<typeof RegistrationState>;

/** For service clients: the etag in quotes, nothing about how the device proved itself. */
export function toRegistrationRecord(
  registration: Registration,
  nowMs: number,
): RegistrationStateBody {
  return { ...commonState(registration, nowMs), etag: `"${registration.etag}"` };
}

/** For the device itself. Exactly one attestation is there, the one it proved itself with. */
export function toRegistrationState(
  registration: Registration,
  nowMs: number,
  encodeBase64: (text: string) => string,
): RegistrationStateBody {
  return {
    ...commonState(registration, nowMs),
    etag: encodeBase64(`"${registration.etag}"`),
    ...attestationOf(registration),
  };
}

/** While the work goes on this is all there is to tell, and clients insist on both. */
export function toAssigningState(registration: Registration): RegistrationStateBody {
  return { registrationId: registration.registrationId, status: "assigning" };
}

function commonState(registration: Registration, nowMs: number): RegistrationStateBody {
  const { registrationId, createdAtMs, updatedAtMs, assignment, payload } = registration;
  const status = statusOf(registration, nowMs);
  const failure = status === "failed" ? failureOf(registration) : undefined;
  const place = status === "assigned" ? assignment : undefined;
  return {
    registrationId,
    status,
    createdDateTimeUtc: provisioningTimestamp(createdAtMs),
    lastUpdatedDateTimeUtc: provisioningTimestamp(updatedAtMs),
    ...(place && {
      assignedHub: place.hub,
      deviceId: place.deviceId,
      substatus: place.substatus,
      // Left out rather than null: one client fails on a payload that is no object.
      ...(payload === undefined || payload === null ? {} : { payload }),
    }),
    ...(failure && {
      errorCode: PROVISIONING_ERROR_NUMBERS[failure.code],
      errorMessage: failure.message,
    }),
  };
}

function attestationOf({
  attestation,
  enrollmentGroupId,
}: Registration): Pick<RegistrationStateBody, "symmetricKey" | "x509" | "tpm"> {
  const group = enrollmentGroupId === undefined ? {} : { enrollmentGroupId };
  switch (attestation.type) {
    case "symmetricKey":
      return { symmetricKey: group };
    case "tpm": {
      const { authenticationKey } = attestation;
      return { tpm: authenticationKey === undefined ? {} : { authenticationKey } };
    }
    case "x509": {
      const { certificate, signer } = attestation;
      return {
        x509: {
          certificateInfo: toCertificateInfoBody(certificate),
          ...(signer && { signingCertificateInfo: toCertificateInfoBody(signer) }),
          ...group,
        },
      };
    }
  }
}
