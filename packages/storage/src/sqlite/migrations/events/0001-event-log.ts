/**
 * A row of `batches` is what one commit brought for one partition. `partitions` remembers what must outlive
 * the rows: positions are never used again, even when retention has removed everything.
 */
export const eventLog = `
CREATE TABLE partitions (
  id INTEGER PRIMARY KEY,
  hub TEXT NOT NULL,
  partition INTEGER NOT NULL,
  first_position INTEGER NOT NULL DEFAULT 0,
  next_position INTEGER NOT NULL DEFAULT 0,
  last_time_ms INTEGER NOT NULL DEFAULT 0,
  stored_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (hub, partition)
) STRICT;

CREATE TABLE batches (
  partition_id INTEGER NOT NULL,
  first_position INTEGER NOT NULL,
  count INTEGER NOT NULL,
  first_time_ms INTEGER NOT NULL,
  last_time_ms INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX batches_by_position ON batches (partition_id, first_position);
CREATE INDEX batches_by_time ON batches (partition_id, last_time_ms, first_position);
`;
