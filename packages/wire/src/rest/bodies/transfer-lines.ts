import type {
  Authentication,
  BulkItem,
  BulkProblem,
  ConfigurationItem,
  ConfigurationProblem,
  JsonObject,
  LineOptions,
  TransferFormat,
  Twin,
  TwinSection,
  UnreadableLine,
} from "@larimar/domain";
import { BULK_MODES, HubError, jsonObject } from "@larimar/domain";
import { z } from "zod";
import { parseIfMatch } from "../headers/etag.ts";
import { BulkItemBody, errorNumber, toBulkItem } from "./bulk-body.ts";
import {
  ConfigurationBody,
  toConfigurationDocument,
  toConfigurationInput,
} from "./configuration-body.ts";
import { toAuthenticationMechanism, toScopes } from "./device-identity.ts";
import { readJson } from "../read-json.ts";

/** What is imported without saying how is there afterwards, whatever was there before. */
const LineBody = BulkItemBody.extend({ importMode: z.enum(BULK_MODES).nullish() });

/** The only one that clients know for configurations. */
const CONFIGURATION_MODE = "createOrUpdateIfMatchETag";
const ConfigurationLineBody = ConfigurationBody.extend({
  id: z.string(),
  etag: z.string().nullish(),
  importMode: z.enum([CONFIGURATION_MODE]).nullish(),
});

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

  // Nobody is counted for it: the numbers are those of the hub that is left.
  configuration: (configuration) =>
    JSON.stringify(toConfigurationDocument({ configuration, results: { system: {}, custom: {} } })),

  parse: (line): BulkItem => {
    const reading = readJson(LineBody, parseJson(line));
    if (reading.kind === "invalid") throw new HubError("ArgumentInvalid", reading.problem);
    const { importMode } = reading.value;
    return toBulkItem({ ...reading.value, importMode: importMode ?? "createOrUpdate" });
  },

  parseConfiguration: (line): ConfigurationItem => {
    const reading = readJson(ConfigurationLineBody, parseJson(line));
    if (reading.kind === "invalid") throw new HubError("ArgumentInvalid", reading.problem);
    const { id, etag, ...body } = reading.value;
    return {
      input: toConfigurationInput(id, body),
      condition: etag ? (parseIfMatch(etag) ?? { etag }) : undefined,
    };
  },

  refusal: (refused) => {
    if ("problem" in refused) return JSON.stringify(toUnreadable(refused));
    return JSON.stringify("key" in refused ? toRefusal(refused) : toConfigurationRefusal(refused));
  },
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

function toConfigurationRefusal({ configurationId, error }: ConfigurationProblem) {
  return {
    configurationId,
    errorCode: errorNumber(error),
    errorStatus: error.message,
    operation: CONFIGURATION_MODE,
  };
}

/** Whom it is about, nobody knows. */
function toUnreadable({ blobName, lineNumber, problem }: UnreadableLine) {
  return {
    ...(blobName !== undefined && { blobName }),
    line: lineNumber,
    errorCode: 400_012,
    errorStatus: problem,
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The parser's own words would repeat the line, and with it keys.
    throw new HubError("ArgumentInvalid", "The line is not JSON");
  }
}
