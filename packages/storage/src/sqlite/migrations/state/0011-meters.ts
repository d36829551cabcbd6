/** What a hub was charged on the last day it was charged anything. */
export const meters = `
CREATE TABLE meters (
  hub TEXT NOT NULL PRIMARY KEY,
  day INTEGER NOT NULL,
  charged INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
