import type { JsonObject, JsonValue } from "../../json/json-value.ts";
import { jsonObject } from "../../json/json-value.ts";
import { matchesCondition, valueAt } from "./evaluate.ts";
import { GroupRows } from "./group-rows.ts";
import type { Query } from "../language/query-ast.ts";
import { isGrouped } from "../language/query-ast.ts";

/** All rows of a query over these documents, in their order: what every store has to agree with. */
export function evaluateQuery(query: Query, documents: Iterable<JsonObject>): JsonObject[] {
  if (isGrouped(query)) return evaluateGroups(query, documents);
  const rows: JsonObject[] = [];
  for (const document of documents) {
    if (rows.length === query.top) break;
    if (matchesCondition(query.where, document)) rows.push(projectRow(query, document));
  }
  return rows;
}

/** A document as the query shows it: members without a value are left out, rows without members stay. */
export function projectRow(query: Query, document: JsonObject): JsonObject {
  if (query.projections === undefined) return document;
  const entries: [string, JsonValue][] = [];
  for (const projection of query.projections) {
    const value = projection.kind === "path" ? valueAt(document, projection.path) : undefined;
    if (value !== undefined) entries.push([projection.name, value]);
  }
  return jsonObject(entries);
}

function evaluateGroups(query: Query, documents: Iterable<JsonObject>): JsonObject[] {
  const groups = new GroupRows(query);
  for (const document of documents) {
    if (matchesCondition(query.where, document)) groups.addDocument(document);
  }
  return groups.rows();
}
