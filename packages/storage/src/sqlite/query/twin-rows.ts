import type { Device, IdentityKey, JsonObject, Module, Twin } from "@larimar/domain";
import { twinDocument } from "@larimar/domain";

/** All that the document of a twin is made of. */
export interface TwinRow {
  readonly id: number;
  readonly deviceId: string;
  readonly moduleId: string;
  readonly version: number;
  readonly etag: string;
  readonly modelId: string;
  readonly tags: string;
  readonly desired: string;
  readonly desiredMetadata: string;
  readonly desiredVersion: number;
  readonly reported: string;
  readonly reportedMetadata: string;
  readonly reportedVersion: number;
  readonly configurations: string;
  readonly device: string;
  readonly module: string | null;
  readonly isConnected: number | null;
  readonly connectionStateUpdatedAtMs: number | null;
  readonly lastActivityAtMs: number | null;
  readonly commandCount: number;
}

/** Of `twins AS t`, with the identity beside it. */
export const TWIN_COLUMNS = `
  t.id, t.device_id AS deviceId, t.module_id AS moduleId, t.version, t.etag,
  t.model_id AS modelId, json(t.tags) AS tags,
  json(t.desired) AS desired, json(x.desired) AS desiredMetadata,
  t.desired_version AS desiredVersion,
  json(t.reported) AS reported, json(x.reported) AS reportedMetadata,
  t.reported_version AS reportedVersion,
  json(t.configurations) AS configurations,
  json(d.identity) AS device, json(m.identity) AS module,
  p.is_connected AS isConnected,
  p.connection_state_updated_at_ms AS connectionStateUpdatedAtMs,
  p.last_activity_at_ms AS lastActivityAtMs,
  (SELECT count(*) FROM commands AS c WHERE c.hub = t.hub AND c.device_id = t.device_id
    AND c.module_id = t.module_id) AS commandCount`;

export const TWIN_JOINS = `
  JOIN twin_metadata AS x ON x.id = t.id
  JOIN devices AS d ON d.hub = t.hub AND d.device_id = t.device_id
  LEFT JOIN modules AS m
    ON m.hub = t.hub AND m.device_id = t.device_id AND m.module_id = t.module_id
  LEFT JOIN presence AS p
    ON p.hub = t.hub AND p.device_id = t.device_id AND p.module_id = t.module_id`;

function toKey(row: Pick<TwinRow, "deviceId" | "moduleId">): IdentityKey {
  const { deviceId, moduleId } = row;
  return moduleId === "" ? { deviceId } : { deviceId, moduleId };
}

/** A module's twin shows the status of its device. */
export function toDocument(row: TwinRow): JsonObject {
  const device = JSON.parse(row.device) as Device;
  const module = row.module === null ? undefined : (JSON.parse(row.module) as Module);
  return twinDocument(toTwin(row), {
    ...device,
    ...(module && {
      etag: module.etag,
      authentication: module.authentication,
      capabilities: undefined,
    }),
    presence: {
      isConnected: row.isConnected === 1,
      connectionStateUpdatedAtMs: row.connectionStateUpdatedAtMs ?? 0,
      lastActivityAtMs: row.lastActivityAtMs ?? 0,
    },
    commandCount: row.commandCount,
  });
}

function toTwin(row: TwinRow): Twin {
  return {
    key: toKey(row),
    version: row.version,
    etag: row.etag,
    modelId: row.modelId,
    tags: parse(row.tags),
    desired: {
      values: parse(row.desired),
      metadata: parse(row.desiredMetadata),
      version: row.desiredVersion,
    },
    reported: {
      values: parse(row.reported),
      metadata: parse(row.reportedMetadata),
      version: row.reportedVersion,
    },
    configurations: JSON.parse(row.configurations) as Twin["configurations"],
  };
}

function parse(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}
