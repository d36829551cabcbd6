/** Containers that somebody made; the one for uploads is there without a row. */
export const blobContainers = `
CREATE TABLE blob_containers (
  hub TEXT NOT NULL,
  name TEXT NOT NULL,
  etag TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  PRIMARY KEY (hub, name)
) STRICT, WITHOUT ROWID;
`;
