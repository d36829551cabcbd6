import type {
  Authentication,
  BulkItem,
  BulkProblem,
  JsonObject,
  LineOptions,
  TransferFormat,
  Twin,
  TwinSection,
} from "@larimar/domain";
import { BULK_MODES, HubError, jsonObject } from "@larimar/domain";
import { z } from "zod";
import { BulkItemBody, errorNumber, toBulkItem } from "./bulk-body.ts";
import { toAuthenticationMechanism, toScopes } from "./device-identity.ts";
import { readJson } from "../read-json.ts";

/** What is imported without saying how is there afterwards, whatever was there before. */
const LineBody = BulkItemBody.extend({ importMode: z.enum(BULK_MODES).nullish() });

/**
 * Identities as clients import and export them: the items of bulk operations, one to a line, with their whole
 * twins. (protocol reference: service-facing 2.10)
 */
export const transferLines: TransferFormat = {
  device: (device, twin, options) =>
    JSON.stringify({
      id: device.deviceId,
      eTag: device.etag,
      status: device.status,
      ...(device.statusReason !== undefined && { statusReason: device.statusReason }),
      authentication: toAuthentication(device.authentication, options),
      capabilities: { iotEdge: device.capabilities.iotEdge },
      ...toScopes(device),
      ...toTwinMembers(twin),
    }),

  module: (module, twin, options) =>
    JSON.stringify({
      id: module.deviceId,
      moduleId: module.moduleId,
      eTag: module.etag,
      ...(module.managedBy !== undefined && { managedBy: module.managedBy }),
      authentication: toAuthentication(module.authentication, options),
      ...toTwinMembers(twin),
    }),

  parse: (line): BulkItem => {
    const reading = readJson(LineBody, parseJson(line));
    if (reading.kind === "invalid") throw new HubError("ArgumentInvalid", reading.problem);
    const { importMode } = reading.value;
    return toBulkItem({ ...reading.value, importMode: importMode ?? "createOrUpdate" });
  },

  refusal: (refused) =>
    JSON.stringify("problem" in refused ? toUnreadable(refused) : toRefusal(refused)),
};

function toAuthentication(authentication: Authentication, { excludesKeys }: LineOptions) {
  const mechanism = toAuthenticationMechanism(authentication);
  if (!excludesKeys) return mechanism;
  return { ...mechanism, symmetricKey: { primaryKey: null, secondaryKey: null } };
}

function toTwinMembers(twin: Twin | undefined) {
  if (twin === undefined) return {};
  return {
    twinETag: twin.etag,
    tags: twin.tags,
    properties: { desired: toSection(twin.desired), reported: toSection(twin.reported) },
  };
}

function toSection({ values, metadata, version }: TwinSection): JsonObject {
  return jsonObject([...Object.entries(values), ["$metadata", metadata], ["$version", version]]);
}

function toRefusal({ key, mode, error }: BulkProblem) {
  return {
    deviceId: key.deviceId,
    ...(key.moduleId !== undefined && { moduleId: key.moduleId }),
    errorCode: errorNumber(error),
    errorStatus: error.message,
    operation: mode,
  };
}

/** Whom it is about, nobody knows. */
function toUnreadable({ lineNumber, problem }: { lineNumber: number; problem: string }) {
  return { line: lineNumber, errorCode: 400_012, errorStatus: problem };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The parser's own words would repeat the line, and with it keys.
    throw new HubError("ArgumentInvalid", "The line is not JSON");
  }
}
