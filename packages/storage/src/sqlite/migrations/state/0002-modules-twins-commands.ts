/**
 * Twins keep each section in a column of its own, so that queries compile to SQL over just what they name.
 * Whatever belongs to a device goes with it, in the same transaction.
 */
export const modulesTwinsCommands = `
CREATE TABLE modules (
  id INTEGER PRIMARY KEY,
  hub TEXT NOT NULL,
  device_id TEXT NOT NULL,
  module_id TEXT NOT NULL,
  identity BLOB NOT NULL,
  etag TEXT AS (identity ->> '$.etag') VIRTUAL,
  UNIQUE (hub, device_id, module_id)
) STRICT;

CREATE TABLE twins (
  id INTEGER PRIMARY KEY,
  hub TEXT NOT NULL,
  device_id TEXT NOT NULL,
  module_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  etag TEXT NOT NULL,
  model_id TEXT NOT NULL,
  tags BLOB NOT NULL,
  desired BLOB NOT NULL,
  desired_metadata BLOB NOT NULL,
  desired_version INTEGER NOT NULL,
  reported BLOB NOT NULL,
  reported_metadata BLOB NOT NULL,
  reported_version INTEGER NOT NULL,
  UNIQUE (hub, device_id, module_id)
) STRICT;

CREATE TABLE commands (
  sequence_number INTEGER PRIMARY KEY AUTOINCREMENT,
  hub TEXT NOT NULL,
  device_id TEXT NOT NULL,
  module_id TEXT NOT NULL,
  ack TEXT NOT NULL,
  properties TEXT NOT NULL,
  body BLOB NOT NULL,
  enqueued_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  delivery_count INTEGER NOT NULL DEFAULT 0,
  lock_token TEXT,
  locked_until_ms INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX commands_by_identity ON commands (hub, device_id, module_id, sequence_number);
CREATE INDEX commands_by_expiry ON commands (hub, expires_at_ms);

CREATE TABLE notifications (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hub TEXT NOT NULL,
  queue TEXT NOT NULL,
  record TEXT NOT NULL,
  enqueued_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  delivery_count INTEGER NOT NULL DEFAULT 0,
  lock_token TEXT,
  locked_until_ms INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX notifications_by_queue ON notifications (hub, queue, id);
CREATE INDEX notifications_by_lock ON notifications (lock_token) WHERE lock_token IS NOT NULL;

CREATE TRIGGER devices_delete_belongings AFTER DELETE ON devices BEGIN
  DELETE FROM modules WHERE hub = OLD.hub AND device_id = OLD.device_id;
  DELETE FROM twins WHERE hub = OLD.hub AND device_id = OLD.device_id;
  DELETE FROM commands WHERE hub = OLD.hub AND device_id = OLD.device_id;
END;

CREATE TRIGGER modules_delete_belongings AFTER DELETE ON modules BEGIN
  DELETE FROM twins
    WHERE hub = OLD.hub AND device_id = OLD.device_id AND module_id = OLD.module_id;
  DELETE FROM commands
    WHERE hub = OLD.hub AND device_id = OLD.device_id AND module_id = OLD.module_id;
  DELETE FROM presence
    WHERE hub = OLD.hub AND device_id = OLD.device_id AND module_id = OLD.module_id;
END;
`;
