import type Database from "better-sqlite3";
import type { StateDatabase } from "./state-database.ts";

/** Rows that go in one write; between two of them everybody else has a turn. */
const ROWS_PER_WRITE_MAX = 100;

interface Column {
  readonly name: string;
  readonly pk: number;
}

/** Whose data tables hold; the tables that name the owners themselves are kept. */
export type OwnerKind = "hub" | "service";

const OWNER_TABLES: ReadonlySet<string> = new Set(["hubs", "provisioning_services"]);

/**
 * Removes everything that belongs to one hub, or one provisioning service: each table says by a column whose its
 * rows are, so that a table added later is not forgotten here.
 */
export class RowEraser {
  readonly #state: StateDatabase;
  readonly #statements: readonly Database.Statement<[string]>[];

  constructor(state: StateDatabase, kind: OwnerKind) {
    const { connection } = state;
    this.#state = state;
    const tables = connection
      .prepare<[], { name: string }>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
      )
      .all();
    this.#statements = tables.flatMap(({ name: table }) => {
      if (OWNER_TABLES.has(table)) return [];
      const columns = connection
        .prepare<[string], Column>("SELECT name, pk FROM pragma_table_info(?)")
        .all(table);
      const column = ownerColumn(table, columns, kind);
      if (column === undefined) return [];
      const named = columns.filter(({ pk }) => pk > 0).map(({ name }) => `"${name}"`);
      const key = (named.length > 0 ? named : ["rowid"]).join(", ");
      return [
        connection.prepare<[string]>(
          `DELETE FROM "${table}" WHERE (${key}) IN
             (SELECT ${key} FROM "${table}" WHERE ${column} = ? LIMIT ${ROWS_PER_WRITE_MAX})`,
        ),
      ];
    });
  }

  /** Resolves when nothing is left. Whoever owned it must not write any more. */
  async erase(ownerKey: string): Promise<void> {
    for (const statement of this.#statements) {
      for (;;) {
        const { changes } = await this.#state.write(() => statement.run(ownerKey));
        if (changes < ROWS_PER_WRITE_MAX) break;
      }
    }
  }
}

/** Some tables of hubs have the shape of those of services, and then only their names tell. */
function ownerColumn(
  table: string,
  columns: readonly Column[],
  kind: OwnerKind,
): string | undefined {
  const has = (column: string) => columns.some(({ name }) => name === column);
  const owner = has("hub") || table.startsWith("hub_") ? "hub" : "service";
  if (owner !== kind) return undefined;
  return ["hub", "service"].find(has);
}
