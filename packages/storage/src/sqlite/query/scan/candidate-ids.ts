import type { Expression } from "@larimar/domain";
import { idsWithLeaf } from "./leaf-ids.ts";
import type { QuerySource } from "../compile/query-source.ts";
import type { Sql } from "../compile/sql.ts";
import { listOf, sql } from "../compile/sql.ts";
import type { MemorySearch } from "../memory/memory-search.ts";

/** Where ids of rows are looked for. */
export interface CandidateSearch {
  readonly source: QuerySource;
  readonly hub: string;
  readonly memory: MemorySearch;
  /** More from memory are of no use. */
  readonly idsMax: number;
}

/** Ids of rows that may match, found in an index; a condition that must hold of all of them. */
export function candidateIds(search: CandidateSearch, where: Expression): readonly Sql[] {
  const conjuncts = where.kind === "all" ? where.operands : [where];
  const found = conjuncts.flatMap((conjunct) => idsOf(search, conjunct) ?? []);
  const inMemory = idsInMemory(search, conjuncts);
  return inMemory === undefined ? found : [...found, inMemory];
}

/** Of all rows that a hub has, from the index that begins with its name. */
export function idsOfHub(source: QuerySource, hub: string): Sql {
  return sql`${fromTable(source)} WHERE t.hub = ${hub}`;
}

function idsOf(search: CandidateSearch, condition: Expression): Sql | undefined {
  const { source, hub } = search;
  switch (condition.kind) {
    case "compare":
      if (condition.operator !== "=") return undefined;
      return (
        idsWith(source, condition.left, [condition.right], hub) ??
        idsWith(source, condition.right, [condition.left], hub) ??
        idsWithLeaf(source, condition.left, [condition.right], hub) ??
        idsWithLeaf(source, condition.right, [condition.left], hub)
      );
    case "in": {
      if (condition.isNegated) return undefined;
      const values = condition.values.map((value): Expression => ({ kind: "literal", value }));
      return (
        idsWith(source, condition.operand, values, hub) ??
        idsWithLeaf(source, condition.operand, values, hub)
      );
    }
    case "path":
      return idsWithLeaf(source, condition, [TRUE], hub);
    case "not":
      return idsWithLeaf(source, condition.operand, [FALSE], hub);
    case "all":
      return firstOf(condition.operands.map((operand) => idsOfEach(search, operand)));
    case "any":
      return anyOfIds(condition.operands.map((operand) => idsOfEach(search, operand)));
    case "call": {
      const [first, second] = condition.operands;
      const name = nameOf(first);
      const value = textOf(second);
      if (value === undefined) return undefined;
      if (condition.name === "STARTSWITH" && name === "deviceId") {
        return idsStartingWith(source, value, hub);
      }
      return condition.name === "ARRAY_CONTAINS" && name === "parentScopes"
        ? idsOfChildren(source, value, hub)
        : undefined;
    }
    default:
      return undefined;
  }
}

/** Of a condition that stands below others. */
function idsOfEach(search: CandidateSearch, condition: Expression): Sql | undefined {
  return idsOf(search, condition) ?? idsInMemory(search, [condition]);
}

/** What is in memory is asked about all conditions at once, so that the two ends of a range are one. */
function idsInMemory(
  { source, memory, idsMax }: CandidateSearch,
  conjuncts: readonly Expression[],
): Sql | undefined {
  return source.table === "twins" ? memory.ids(conjuncts, idsMax) : undefined;
}

const TRUE: Expression = { kind: "literal", value: true };
const FALSE: Expression = { kind: "literal", value: false };

function firstOf(ids: readonly (Sql | undefined)[]): Sql | undefined {
  return ids.find((each) => each !== undefined);
}

/** SQLite puts no more than 500 selections together. */
const ALTERNATIVES_MAX = 100;

/** One operand that nothing is known of may hold of any row. */
function anyOfIds(ids: readonly (Sql | undefined)[]): Sql | undefined {
  const known = ids.filter((each) => each !== undefined);
  if (known.length === 0 || known.length < ids.length || known.length > ALTERNATIVES_MAX) {
    return undefined;
  }
  const selects = known.map((each) => sql`SELECT t.id FROM ${each}`);
  return sql`(${selects.reduce((one, other) => sql`${one} UNION ALL ${other}`)}) AS t`;
}

/** In every table the rows of a device can be found by its id. */
function idsWith(
  source: QuerySource,
  field: Expression | undefined,
  values: readonly Expression[],
  hub: string,
): Sql | undefined {
  const name = nameOf(field);
  if (name === "capabilities.iotEdge" && source.table !== "device_jobs") {
    const [value] = values;
    const isTrue = values.length === 1 && value?.kind === "literal" && value.value === true;
    return isTrue ? idsOfDevices(source, EDGE_DEVICES, hub) : undefined;
  }
  const texts = values.flatMap((value) => textOf(value) ?? []);
  if (texts.length < values.length) return undefined;
  const list = listOf(texts.map((text) => sql`${text}`));
  if (name === "deviceId")
    return sql`${fromTable(source)} WHERE t.hub = ${hub} AND t.device_id IN (${list})`;
  if (name === "jobId" && source.table === "device_jobs") {
    return sql`${fromTable(source)} WHERE t.hub = ${hub} AND t.job_id IN (${list})`;
  }
  if (texts.length !== 1 || source.table === "device_jobs") return undefined;
  if (name === "status" && texts[0] === "disabled") {
    return idsOfDevices(source, DISABLED_DEVICES, hub);
  }
  if (name === "connectionState" && texts[0] === "Connected") {
    return idsOfConnected(source, hub);
  }
  return undefined;
}

const EDGE_DEVICES = sql`i.identity ->> '$.capabilities.iotEdge'`;
const DISABLED_DEVICES = sql`i.status = 'disabled'`;

function idsStartingWith(source: QuerySource, prefix: string, hub: string): Sql | undefined {
  if (prefix === "") return undefined;
  // No id has a character beyond this one.
  return sql`${fromTable(source)} WHERE t.hub = ${hub}
    AND t.device_id >= ${prefix} AND t.device_id < ${`${prefix}\u{10ffff}`}`;
}

function idsOfChildren(source: QuerySource, scope: string, hub: string): Sql | undefined {
  if (source.table === "device_jobs") return undefined;
  return idsOfDevices(source, sql`i.parent_scope = ${scope}`, hub);
}

function idsOfDevices(source: QuerySource, condition: Sql, hub: string): Sql {
  return sql`devices AS i CROSS JOIN ${fromTable(source)}
    ON t.hub = i.hub AND t.device_id = i.device_id
    WHERE i.hub = ${hub} AND ${condition}`;
}

function idsOfConnected(source: QuerySource, hub: string): Sql {
  const moduleId = { text: source.moduleId, values: [] };
  return sql`presence AS i CROSS JOIN ${fromTable(source)}
    ON t.hub = i.hub AND t.device_id = i.device_id
    WHERE i.is_connected = 1 AND i.hub = ${hub} AND ${moduleId} = i.module_id`;
}

function fromTable({ table }: QuerySource): Sql {
  return { text: `${table} AS t`, values: [] };
}

function nameOf(expression: Expression | undefined): string | undefined {
  return expression?.kind === "path" ? expression.path.segments.join(".") : undefined;
}

function textOf(expression: Expression | undefined): string | undefined {
  return expression?.kind === "literal" && typeof expression.value === "string"
    ? expression.value
    : undefined;
}
