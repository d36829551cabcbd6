/** Who applies content to a device; a row that outlived its time is of a server that was killed. */
export const contentClaims = `
CREATE TABLE content_claims (
  hub TEXT NOT NULL,
  device_id TEXT NOT NULL,
  holder TEXT NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  PRIMARY KEY (hub, device_id)
) STRICT, WITHOUT ROWID;
`;
