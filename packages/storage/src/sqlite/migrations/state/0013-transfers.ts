/** Imports and exports of identities. Whatever gives access to their containers is not in here. */
export const transfers = `
CREATE TABLE transfers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hub TEXT NOT NULL,
  job_id TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  transfer TEXT NOT NULL,
  UNIQUE (hub, job_id)
) STRICT;
`;
