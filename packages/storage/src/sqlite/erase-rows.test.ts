import { expect, test } from "vitest";
import { RowEraser } from "./erase-rows.ts";
import { StateDatabase } from "./state-database.ts";

/** A row of `owner` in every table that has rows of somebody, whatever its other columns are. */
function fill({ connection }: StateDatabase, owner: string, rows: number): void {
  for (const { table, columns } of ownedTables(connection)) {
    for (let row = 0; row < rows; row++) {
      const values = columns.map(({ name, type }) => {
        if (name === "hub" || name === "service") return owner;
        if (type === "INTEGER" && (name === "id" || name === "sequence_number")) return null;
        if (type === "INTEGER") return row;
        return type === "BLOB"
          ? Buffer.from('{"status":"enabled","attestation":{"type":"tpm"}}')
          : `${owner}-${row}`;
      });
      const marks = columns.map(({ type }) => (type === "BLOB" ? "jsonb(?)" : "?"));
      const names = columns.map(({ name }) => name).join(", ");
      connection
        .prepare(
          `INSERT INTO ${table} (${names}) VALUES (${marks.join(", ")}) ON CONFLICT DO NOTHING`,
        )
        .run(...values.map((value) => (Buffer.isBuffer(value) ? value.toString() : value)));
    }
  }
}

function ownedTables(connection: StateDatabase["connection"]) {
  return connection
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
    .map(({ name: table }) => ({
      table,
      columns: connection
        .prepare<[string], { name: string; type: string }>(
          "SELECT name, type FROM pragma_table_info(?)",
        )
        .all(table),
    }))
    .filter(({ columns }) => columns.some(({ name }) => name === "hub" || name === "service"));
}

function countOf({ connection }: StateDatabase, owner: string): Record<string, number> {
  const found = ownedTables(connection).map(({ table, columns }) => {
    const column = columns.find(({ name }) => name === "hub" || name === "service")!.name;
    const { count } = connection
      .prepare<[string], { count: number }>(
        `SELECT count(*) AS count FROM ${table} WHERE ${column} = ?`,
      )
      .get(owner)!;
    return [table, count] as const;
  });
  return Object.fromEntries(found.filter(([, count]) => count > 0));
}

test("nothing stays of a hub or of a service, in no table, and nothing else goes", async () => {
  await using state = new StateDatabase(":memory:");
  fill(state, "goes", 450);
  fill(state, "stays", 2);
  state.connection.exec(`
    INSERT INTO twin_metadata SELECT id, jsonb('{}'), jsonb('{}'), jsonb_array(-7, id) FROM twins;
    INSERT INTO twin_leaves SELECT -7, id FROM twins UNION ALL SELECT id, id FROM twins;`);
  const before = countOf(state, "stays");
  expect(Object.keys(before).length).toBeGreaterThan(15);
  await new RowEraser(state, "hub").erase("goes");
  const left = Object.keys(countOf(state, "goes"));
  expect(left).toContain("registrations");
  expect(left).not.toContain("hub_ca_certificates");
  expect(left).not.toContain("devices");
  await new RowEraser(state, "service").erase("goes");
  expect(Object.keys(countOf(state, "goes"))).toEqual(["hubs", "provisioning_services"]);
  expect(countOf(state, "stays")).toEqual(before);
  for (const [table, rows] of Object.entries({ twin_metadata: 2, twin_leaves: 4 })) {
    expect(state.connection.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(rows);
  }
});
