import type {
  Enrollment,
  EnrollmentGroupInput,
  IndividualEnrollmentInput,
  InitialTwin,
  Registration,
} from "@larimar/domain";
import { ALLOCATION_POLICIES } from "@larimar/domain";
import { z } from "zod";
import { JsonObjectBody, withoutBookkeeping } from "../json-object.ts";
import { provisioningTimestamp } from "../provisioning-timestamp.ts";
import { toRegistrationRecord } from "../registration-state.ts";
import { AttestationBody, toAttestationBody, toAttestationInput } from "./attestation-body.ts";

export const InitialTwinBody = z.object({
  tags: JsonObjectBody.nullish(),
  properties: z.object({ desired: JsonObjectBody.nullish() }).nullish(),
});

/**
 * What a client may write of an enrollment group. Everything else is read-only, and clients that send back what
 * they read send it too: it is overlooked. (protocol reference: provisioning 7.2, 7.3)
 */
export const EnrollmentGroupBody = z.object({
  enrollmentGroupId: z.string().nullish(),
  attestation: AttestationBody.nullish(),
  capabilities: z.object({ iotEdge: z.boolean().nullish() }).nullish(),
  iotHubHostName: z.string().nullish(),
  iotHubs: z.array(z.string()).nullish(),
  initialTwin: InitialTwinBody.nullish(),
  provisioningStatus: z.enum(["enabled", "disabled"]).nullish(),
  reprovisionPolicy: z
    .object({
      updateHubAssignment: z.boolean().nullish(),
      migrateDeviceData: z.boolean().nullish(),
    })
    .nullish(),
  allocationPolicy: z.enum(ALLOCATION_POLICIES).nullish(),
  customAllocationDefinition: z
    .object({ webhookUrl: z.string().nullish(), apiVersion: z.string().nullish() })
    .nullish(),
  etag: z.string().nullish(),
});

export const IndividualEnrollmentBody = EnrollmentGroupBody.omit({
  enrollmentGroupId: true,
}).extend({
  registrationId: z.string().nullish(),
  deviceId: z.string().nullish(),
  optionalDeviceInformation: JsonObjectBody.nullish(),
});

type SharedBody = Omit<z.output<typeof EnrollmentGroupBody>, "enrollmentGroupId">;

export function toEnrollmentGroupInput(id: string, body: SharedBody): EnrollmentGroupInput {
  const { attestation, capabilities, reprovisionPolicy, customAllocationDefinition } = body;
  return {
    id,
    attestation: attestation ? toAttestationInput(attestation) : undefined,
    provisioningStatus: body.provisioningStatus ?? undefined,
    capabilities: capabilities ? { iotEdge: capabilities.iotEdge ?? false } : undefined,
    iotHubHostName: body.iotHubHostName ?? undefined,
    iotHubs: body.iotHubs ?? undefined,
    initialTwin: body.initialTwin ? toInitialTwin(body.initialTwin) : undefined,
    reprovisionPolicy: reprovisionPolicy
      ? {
          updateHubAssignment: reprovisionPolicy.updateHubAssignment ?? true,
          migrateDeviceData: reprovisionPolicy.migrateDeviceData ?? true,
        }
      : undefined,
    allocationPolicy: body.allocationPolicy ?? undefined,
    customAllocation: customAllocationDefinition
      ? {
          webhookUrl: customAllocationDefinition.webhookUrl ?? "",
          apiVersion: customAllocationDefinition.apiVersion ?? "",
        }
      : undefined,
  };
}

export function toIndividualEnrollmentInput(
  id: string,
  body: z.output<typeof IndividualEnrollmentBody>,
): IndividualEnrollmentInput {
  return {
    ...toEnrollmentGroupInput(id, body),
    deviceId: body.deviceId ?? undefined,
    optionalDeviceInformation: body.optionalDeviceInformation
      ? withoutBookkeeping(body.optionalDeviceInformation)
      : undefined,
  };
}

export function toInitialTwin(body: z.output<typeof InitialTwinBody>): InitialTwin {
  return {
    tags: withoutBookkeeping(body.tags ?? {}),
    desired: withoutBookkeeping(body.properties?.desired ?? {}),
  };
}

/** As clients read it, with how the device's last registration stands where there is one. */
export function toEnrollmentBody(
  enrollment: Enrollment,
  registration: Registration | undefined,
  nowMs: number,
): Record<string, unknown> {
  const { id, etag, createdAtMs, updatedAtMs } = enrollment;
  return {
    ...(enrollment.kind === "group"
      ? { enrollmentGroupId: id }
      : {
          registrationId: id,
          deviceId: enrollment.deviceId,
          registrationState: registration && toRegistrationRecord(registration, nowMs),
          optionalDeviceInformation: enrollment.optionalDeviceInformation,
        }),
    ...toEnrollmentSettings(enrollment),
    etag: quoted(etag),
    createdDateTimeUtc: provisioningTimestamp(createdAtMs),
    lastUpdatedDateTimeUtc: provisioningTimestamp(updatedAtMs),
  };
}

function toEnrollmentSettings(enrollment: Enrollment): Record<string, unknown> {
  const { iotHubs, initialTwin, allocationPolicy, customAllocation } = enrollment;
  return {
    attestation: toAttestationBody(enrollment.attestation, { withKeys: false }),
    capabilities: enrollment.capabilities,
    iotHubHostName: enrollment.iotHubHostName,
    iotHubs: iotHubs.length === 0 ? undefined : iotHubs,
    initialTwin: initialTwin && {
      tags: initialTwin.tags,
      properties: { desired: initialTwin.desired },
    },
    provisioningStatus: enrollment.provisioningStatus,
    reprovisionPolicy: enrollment.reprovisionPolicy,
    allocationPolicy,
    customAllocationDefinition: customAllocation,
  };
}

/** The quotes belong to the text here: clients put it into `If-Match` as it is. */
function quoted(etag: string): string {
  return `"${etag}"`;
}
