import type { Device, IdentityKey, JsonObject, Module } from "@larimar/domain";
import { twinDocument } from "@larimar/domain";
import type { StoredTwin } from "../twins/stored-twin.ts";
import { decodeTwin, STORED_TWIN_COLUMNS } from "../twins/stored-twin.ts";

/** All that the document of a twin is made of. */
export interface TwinRow extends StoredTwin {
  readonly id: number;
  readonly deviceId: string;
  readonly moduleId: string;
  readonly device: string;
  readonly module: string | null;
  readonly isConnected: number | null;
  readonly connectionStateUpdatedAtMs: number | null;
  readonly lastActivityAtMs: number | null;
  readonly commandCount: number;
}

/** Of `twins AS t`, with the identity beside it. */
export const TWIN_COLUMNS = `
  t.id, t.device_id AS deviceId, t.module_id AS moduleId, ${STORED_TWIN_COLUMNS},
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
  return twinDocument(decodeTwin(toKey(row), row), {
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
