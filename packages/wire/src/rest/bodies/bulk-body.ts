import type {
  BulkItem,
  BulkOutcome,
  BulkProblem,
  EtagCondition,
  HubError,
  IdentityKey,
  RotatedKeyName,
  RotationOutcome,
} from "@larimar/domain";
import { BULK_MODES } from "@larimar/domain";
import { z } from "zod";
import { DeviceBody, toDeviceInput } from "./device-identity.ts";
import { REST_ERRORS } from "../error-table.ts";
import { parseIfMatch } from "../headers/etag.ts";
import { TwinPatchBody, toTwinPatch } from "./twin-body.ts";

/** (protocol reference: service-facing 2.9) */
export const BulkItemBody = DeviceBody.omit({ deviceId: true }).extend({
  id: z.string(),
  moduleId: z.string().nullish(),
  managedBy: z.string().nullish(),
  importMode: z.enum(BULK_MODES),
  etag: z.string().nullish(),
  twinETag: z.string().nullish(),
  ...TwinPatchBody.shape,
});

export const BulkBody = z.array(BulkItemBody);

/** Clients index the lists without looking whether they are there. */
export const BulkResult = z.object({
  isSuccessful: z.boolean(),
  errors: z.array(
    z.object({
      deviceId: z.string(),
      moduleId: z.string().nullable(),
      errorCode: z.int(),
      errorStatus: z.string(),
      operation: z.enum(BULK_MODES),
    }),
  ),
  warnings: z.array(
    z.object({ deviceId: z.string(), warningCode: z.string(), warningStatus: z.string() }),
  ),
});

const ROTATED_KEY_NAMES = ["primaryKey", "secondaryKey", "both"] as const;

export const RotationBody = z.object({
  /** Judged apart: what is none of the names has an error of its own. */
  policyKey: z.string(),
  devices: z.array(z.object({ id: z.string(), moduleId: z.string().nullish() })),
});

export const RotationResult = z.object({
  policyKey: z.enum(ROTATED_KEY_NAMES),
  rotatedKeys: z.array(
    z.object({
      id: z.string(),
      moduleId: z.string().optional(),
      primaryKey: z.string().nullable(),
      secondaryKey: z.string().nullable(),
    }),
  ),
  errors: z.array(
    z.object({
      id: z.string(),
      moduleId: z.string().optional(),
      errorCode: z.int(),
      errorStatus: z.string(),
    }),
  ),
});

/** Of a bulk item whose ETag is not the current one; requests have another number for it. */
const ETAG_DOES_NOT_MATCH = 400_023;

export function toBulkItem(body: z.output<typeof BulkItemBody>): BulkItem {
  const { deviceId, ...identity } = toDeviceInput(body.id, body);
  return {
    key: { deviceId, moduleId: body.moduleId || undefined },
    mode: body.importMode,
    condition: toCondition(body.etag),
    identity: { ...identity, managedBy: body.managedBy ?? undefined },
    twin: toTwinPatch(body),
    twinCondition: toCondition(body.twinETag),
  };
}

export function toBulkResult({ errors, twinsLeftOut }: BulkOutcome): z.output<typeof BulkResult> {
  return {
    isSuccessful: errors.length === 0,
    errors: errors.map(({ key, mode, error }) => ({
      deviceId: key.deviceId,
      moduleId: key.moduleId ?? null,
      errorCode: errorNumber(error),
      errorStatus: error.message,
      operation: mode,
    })),
    warnings: twinsLeftOut.map(toWarning),
  };
}

/** Any case; undefined for what is no name of a key. */
export function toRotatedKeyName(policyKey: string): RotatedKeyName | undefined {
  const lowered = policyKey.toLowerCase();
  return ROTATED_KEY_NAMES.find((name) => name.toLowerCase() === lowered);
}

export function toRotationResult(
  policyKey: RotatedKeyName,
  { rotated, errors }: RotationOutcome,
): z.output<typeof RotationResult> {
  return {
    policyKey,
    rotatedKeys: rotated.map(({ key, primaryKey, secondaryKey }) => ({
      ...toIds(key),
      primaryKey: primaryKey ?? null,
      secondaryKey: secondaryKey ?? null,
    })),
    errors: errors.map(({ key, error }) => ({
      ...toIds(key),
      errorCode: errorNumber(error),
      errorStatus: error.message,
    })),
  };
}

function toCondition(etag: string | null | undefined): EtagCondition | undefined {
  return etag ? (parseIfMatch(etag) ?? { etag }) : undefined;
}

function toWarning({ key, error }: BulkProblem): z.output<typeof BulkResult>["warnings"][number] {
  return {
    deviceId: key.deviceId,
    warningCode: "DeviceRegisteredWithoutTwin",
    warningStatus: error.message,
  };
}

function toIds({ deviceId, moduleId }: IdentityKey): { id: string; moduleId?: string } {
  return moduleId === undefined ? { id: deviceId } : { id: deviceId, moduleId };
}

/** As bulk operations and imports tell it. */
export function errorNumber({ code }: HubError): number {
  return code === "PreconditionFailed" ? ETAG_DOES_NOT_MATCH : REST_ERRORS[code].number;
}
