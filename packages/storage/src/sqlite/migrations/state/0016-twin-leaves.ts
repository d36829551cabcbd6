import type { JsonObject } from "@larimar/domain";
import type Database from "better-sqlite3";
import { leavesOf } from "../../twins/twin-leaves.ts";

/** Twins that are read with one statement. */
const TWINS_PER_READ = 1000;

const TABLES = `
DROP TRIGGER twins_delete_metadata;

CREATE TABLE twin_leaves (
  leaf INTEGER NOT NULL,
  id INTEGER NOT NULL,
  PRIMARY KEY (leaf, id)
) STRICT, WITHOUT ROWID;

ALTER TABLE twin_metadata RENAME TO bare_metadata;

CREATE TABLE twin_metadata (
  id INTEGER PRIMARY KEY,
  desired BLOB NOT NULL,
  reported BLOB NOT NULL,
  leaves BLOB NOT NULL
) STRICT;

CREATE TRIGGER twins_delete_metadata AFTER DELETE ON twins BEGIN
  DELETE FROM twin_metadata WHERE id = OLD.id;
END;

CREATE TRIGGER twin_metadata_delete_leaves AFTER DELETE ON twin_metadata BEGIN
  DELETE FROM twin_leaves
    WHERE id = OLD.id AND leaf IN (SELECT value FROM json_each(OLD.leaves));
END;
`;

interface Row {
  readonly id: number;
  readonly hub: string;
  readonly tags: string;
  readonly desired: string;
  readonly reported: string;
}

/**
 * Each twin's row of metadata says which leaves it has, so that they are known when it changes or goes. Copied
 * and not altered, since rows that grow would leave their pages half empty.
 */
export function twinLeaves(database: Database.Database): void {
  database.exec(TABLES);
  const read = database.prepare<[number, number], Row>(
    `SELECT id, hub, json(tags) AS tags, json(desired) AS desired, json(reported) AS reported
     FROM twins WHERE id > ? ORDER BY id LIMIT ?`,
  );
  const write = database.prepare<[string, number]>(
    `INSERT INTO twin_metadata (id, desired, reported, leaves)
     SELECT id, desired, reported, jsonb(?) FROM bare_metadata WHERE id = ?`,
  );
  for (let rows = read.all(0, TWINS_PER_READ); rows.length > 0;) {
    for (const row of rows) write.run(JSON.stringify(leavesOfRow(row)), row.id);
    rows = read.all(rows.at(-1)?.id ?? 0, TWINS_PER_READ);
  }
  database.exec("DROP TABLE bare_metadata");
  // In the order of the index, which is the quickest way to fill one.
  database.exec(
    `INSERT INTO twin_leaves (leaf, id)
       SELECT l.value, x.id FROM twin_metadata AS x, json_each(x.leaves) AS l ORDER BY 1, 2`,
  );
}

function leavesOfRow({ hub, tags, desired, reported }: Row): number[] {
  return leavesOf(hub, {
    tags: parse(tags),
    desired: { values: parse(desired) },
    reported: { values: parse(reported) },
  });
}

function parse(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}
