/**
 * Uploads that devices have not reported on, and the blobs of built-in accounts. Content is in files of its
 * own: a blob is a sequence of segments, each a file, so a list of blocks becomes a blob without copying.
 * A file that no row names is nobody's and may be removed.
 */
export const files = `
CREATE TABLE pending_uploads (
  hub TEXT NOT NULL,
  device_id TEXT NOT NULL,
  module_id TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  blob_name TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  PRIMARY KEY (hub, device_id, module_id, correlation_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX pending_uploads_by_expiry ON pending_uploads (hub, expires_at_ms);

CREATE TRIGGER devices_delete_uploads AFTER DELETE ON devices BEGIN
  DELETE FROM pending_uploads WHERE hub = OLD.hub AND device_id = OLD.device_id;
END;

CREATE TRIGGER modules_delete_uploads AFTER DELETE ON modules BEGIN
  DELETE FROM pending_uploads
    WHERE hub = OLD.hub AND device_id = OLD.device_id AND module_id = OLD.module_id;
END;

CREATE TABLE blobs (
  id INTEGER PRIMARY KEY,
  hub TEXT NOT NULL,
  container TEXT NOT NULL,
  name TEXT NOT NULL,
  etag TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  last_modified_ms INTEGER NOT NULL,
  headers TEXT NOT NULL,
  metadata TEXT NOT NULL,
  UNIQUE (hub, container, name)
) STRICT;

CREATE TABLE blob_segments (
  blob_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  block_id TEXT NOT NULL,
  file TEXT NOT NULL,
  first_byte INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  PRIMARY KEY (blob_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX blob_segments_by_file ON blob_segments (file);

CREATE TABLE staged_blocks (
  hub TEXT NOT NULL,
  container TEXT NOT NULL,
  name TEXT NOT NULL,
  block_id TEXT NOT NULL,
  file TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  staged_at_ms INTEGER NOT NULL,
  PRIMARY KEY (hub, container, name, block_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX staged_blocks_by_file ON staged_blocks (file);
`;
