import type { Collection, QueryPath } from "@larimar/domain";
import type { Sql } from "./sql.ts";
import { sql } from "./sql.ts";
import type { SqlValue } from "./sql-value.ts";
import { UNDEFINED, jsonValue } from "./sql-value.ts";

/** Tables that a value is in; `twins` stands for what only they have. */
export type QueriedTable = "twins" | "metadata" | "devices" | "modules" | "presence";

export interface SqlField {
  readonly value: SqlValue;
  readonly tables: readonly QueriedTable[];
}

type Segments = readonly (string | number)[];

const NOTHING: SqlField = { value: UNDEFINED, tables: [] };

/**
 * Where the tables have what a document shows under a path. Undefined for the few values that SQL does not
 * put together, such as all of `properties`.
 */
export function findField(collection: Collection, path: QueryPath): SqlField | undefined {
  const [root, ...rest] = path.segments;
  if (collection === "devices.jobs") return jobField(String(root), rest);
  const isModule = collection === "devices.modules";
  switch (root) {
    case "deviceId":
      return text(sql`t.device_id`, rest);
    case "moduleId":
      return isModule ? text(sql`t.module_id`, rest) : NOTHING;
    case "modelId":
      return text(sql`t.model_id`, rest, ["twins"]);
    case "etag":
      return text(sql`t.etag`, rest, ["twins"]);
    case "version":
      return number(sql`t.version`, rest, ["twins"]);
    case "tags":
      return optionalObject(sql`t.tags`, rest);
    case "configurations":
      return optionalObject(sql`t.configurations`, rest);
    case "properties":
      return propertiesField(rest);
    case "connectionState": {
      const state = sql`(CASE WHEN p.is_connected THEN 'Connected' ELSE 'Disconnected' END)`;
      return text(state, rest, ["presence"]);
    }
    case "lastActivityTime":
      return text(timestamp(sql`coalesce(p.last_activity_at_ms, 0)`), rest, ["presence"]);
    case "cloudToDeviceMessageCount":
      return number(COMMAND_COUNT, rest, ["twins"]);
    default:
      return identityField(String(root), rest, isModule);
  }
}

const COMMAND_COUNT = sql`(SELECT count(*) FROM commands AS c
  WHERE c.hub = t.hub AND c.device_id = t.device_id AND c.module_id = t.module_id)`;

const DEVICE = sql`d.identity`;

function identityField(root: string, rest: Segments, isModule: boolean): SqlField | undefined {
  const own = isModule ? sql`m.identity` : DEVICE;
  const table: QueriedTable = isModule ? "modules" : "devices";
  const member = (document: Sql, path: string, from: QueriedTable): SqlField => ({
    value: jsonValue(document, `${path}${jsonPath(rest)}`),
    tables: [from],
  });
  switch (root) {
    case "deviceEtag":
      return member(own, "$.etag", table);
    case "status":
      return text(sql`d.status`, rest, ["devices"]);
    case "statusReason":
      return member(DEVICE, "$.statusReason", "devices");
    case "statusUpdateTime":
      return text(timestamp(sql`(${DEVICE} ->> '$.statusUpdatedAtMs')`), rest, ["devices"]);
    case "authenticationType":
      return member(own, "$.authentication.type", table);
    case "x509Thumbprint":
      return thumbprint(own, rest, table);
    case "capabilities":
      if (isModule) return NOTHING;
      if (rest.length === 0) return undefined;
      return rest[0] === "iotEdge" ? member(DEVICE, "$.capabilities", "devices") : NOTHING;
    case "deviceScope":
    case "parentScopes":
      return isModule ? NOTHING : member(DEVICE, `$.${root}`, "devices");
    default:
      return NOTHING;
  }
}

/** Null where there is none, and never left out. */
function thumbprint(own: Sql, rest: Segments, table: QueriedTable): SqlField | undefined {
  const [name, ...deeper] = rest;
  if (name === undefined) return undefined;
  const isKnown = name === "primaryThumbprint" || name === "secondaryThumbprint";
  if (!isKnown || deeper.length > 0) return NOTHING;
  const print = sql`(CASE ${own} ->> '$.authentication.type' WHEN 'selfSigned'
    THEN ${own} ->> ${`$.authentication.${name}`} END)`;
  return { value: { text: print, isNull: sql`${print} IS NULL` }, tables: [table] };
}

function propertiesField([section, ...rest]: Segments): SqlField | undefined {
  if (section === undefined) return undefined;
  if (section !== "desired" && section !== "reported") return NOTHING;
  const [first, ...deeper] = rest;
  if (first === undefined) return undefined;
  const isDesired = section === "desired";
  if (first === "$version") {
    return number(isDesired ? sql`t.desired_version` : sql`t.reported_version`, deeper, ["twins"]);
  }
  if (first === "$metadata") {
    const metadata = isDesired ? sql`x.desired` : sql`x.reported`;
    return { value: jsonValue(metadata, `$${jsonPath(deeper)}`), tables: ["twins", "metadata"] };
  }
  return {
    value: jsonValue(isDesired ? sql`t.desired` : sql`t.reported`, `$${jsonPath(rest)}`),
    tables: ["twins"],
  };
}

/** Empty is left out of documents. */
function optionalObject(column: Sql, rest: Segments): SqlField {
  if (rest.length > 0) return { value: jsonValue(column, `$${jsonPath(rest)}`), tables: ["twins"] };
  const document = sql`nullif(${column}, jsonb('{}'))`;
  return { value: jsonValue(document, "$"), tables: ["twins"] };
}

function jobField(root: string, rest: Segments): SqlField | undefined {
  switch (root) {
    case "deviceId":
    case "jobId":
    case "jobType":
    case "status":
      return text(sql`t.${JOB_COLUMNS[root]}`, rest);
    case "moduleId":
      return text(sql`nullif(t.module_id, '')`, rest);
    case "createdDateTimeUtc":
    case "startTimeUtc":
    case "endTimeUtc":
    case "lastUpdatedDateTimeUtc":
      return text(timestamp(sql`t.${JOB_COLUMNS[root]}`), rest);
    case "outcome": {
      const [name, ...deeper] = rest;
      if (name === undefined) return undefined;
      if (name !== "deviceMethodResponse") return NOTHING;
      return { value: jsonValue(sql`t.response`, `$${jsonPath(deeper)}`), tables: [] };
    }
    case "error":
      return { value: jsonValue(sql`t.error`, `$${jsonPath(rest)}`), tables: [] };
    default:
      return NOTHING;
  }
}

const JOB_COLUMNS = {
  deviceId: sql`device_id`,
  jobId: sql`job_id`,
  jobType: sql`job_type`,
  status: sql`status`,
  createdDateTimeUtc: sql`created_at_ms`,
  startTimeUtc: sql`started_at_ms`,
  endTimeUtc: sql`ended_at_ms`,
  lastUpdatedDateTimeUtc: sql`updated_at_ms`,
};

function text(column: Sql, rest: Segments, tables: readonly QueriedTable[] = []): SqlField {
  return rest.length > 0 ? NOTHING : { value: { text: column }, tables };
}

function number(column: Sql, rest: Segments, tables: readonly QueriedTable[] = []): SqlField {
  return rest.length > 0 ? NOTHING : { value: { number: column }, tables };
}

/** As documents write instants; 0 stands for never. */
function timestamp(ms: Sql): Sql {
  return sql`(CASE ${ms} WHEN 0 THEN '0001-01-01T00:00:00Z'
    ELSE strftime('%Y-%m-%dT%H:%M:%S', ${ms} / 1000, 'unixepoch') || printf('.%03dZ', ${ms} % 1000) END)`;
}

export function jsonPath(segments: Segments): string {
  return segments
    .map((segment) =>
      typeof segment === "number" ? `[${segment}]` : `.${JSON.stringify(segment)}`,
    )
    .join("");
}
