/** One that was deleted stays, retired, until its settings are in no twin any more. */
export const configurations = `
CREATE TABLE configurations (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  hub TEXT NOT NULL,
  id TEXT NOT NULL,
  document TEXT NOT NULL,
  etag TEXT NOT NULL,
  is_retired INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX configurations_live ON configurations (hub, id) WHERE is_retired = 0;
CREATE INDEX configurations_retired ON configurations (hub) WHERE is_retired = 1;
`;
