import type { Collection } from "@larimar/domain";
import type { QueriedTable } from "./query-fields.ts";

/** The table that a query goes through, in the order of its ids, and what stands beside each row. */
export interface QuerySource {
  readonly table: "twins" | "devices" | "device_jobs";
  readonly joins: string;
  /** Which of the table's rows belong to the collection. */
  readonly condition: string;
  /** SQL for the id of the module, '' without one. */
  readonly moduleId: string;
}

/** Conditions on identities alone leave the twins alone, which are larger. */
export function sourceOf(collection: Collection, tables: ReadonlySet<QueriedTable>): QuerySource {
  switch (collection) {
    case "devices.jobs":
      return { table: "device_jobs", joins: "", condition: "1", moduleId: "t.module_id" };
    case "devices.modules":
      return {
        table: "twins",
        joins: joinsOf(tables, {
          devices: "d.hub = t.hub AND d.device_id = t.device_id",
          moduleId: "t.module_id",
        }),
        condition: "t.module_id <> ''",
        moduleId: "t.module_id",
      };
    case "devices":
      return tables.size > 0 && !tables.has("twins")
        ? {
            table: "devices",
            joins: joinsOf(tables, { devices: "d.id = t.id", moduleId: "''" }),
            condition: "1",
            moduleId: "''",
          }
        : {
            table: "twins",
            joins: joinsOf(tables, {
              devices: "d.hub = t.hub AND d.device_id = t.device_id",
              moduleId: "''",
            }),
            condition: "t.module_id = ''",
            moduleId: "''",
          };
  }
}

/** CROSS keeps the order of the tables: the one with the ids comes first. */
function joinsOf(
  tables: ReadonlySet<QueriedTable>,
  { devices, moduleId }: { devices: string; moduleId: string },
): string {
  return [
    tables.has("metadata") ? "CROSS JOIN twin_metadata AS x ON x.id = t.id" : "",
    tables.has("devices") ? `CROSS JOIN devices AS d ON ${devices}` : "",
    tables.has("modules")
      ? `CROSS JOIN modules AS m ON m.hub = t.hub AND m.device_id = t.device_id AND m.module_id = ${moduleId}`
      : "",
    tables.has("presence")
      ? `LEFT JOIN presence AS p ON p.hub = t.hub AND p.device_id = t.device_id AND p.module_id = ${moduleId}`
      : "",
  ].join(" ");
}
