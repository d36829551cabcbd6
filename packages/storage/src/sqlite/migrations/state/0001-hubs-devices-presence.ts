/**
 * Documents are JSONB and what SQL must compare is taken out of them by virtual columns, so that a document
 * and its columns cannot disagree. `hub` is the lower-case name: names differ by more than case.
 */
export const hubsDevicesPresence = `
CREATE TABLE hubs (
  hub TEXT PRIMARY KEY,
  settings BLOB NOT NULL,
  etag TEXT AS (settings ->> '$.etag') VIRTUAL
) STRICT;

CREATE TABLE devices (
  id INTEGER PRIMARY KEY,
  hub TEXT NOT NULL,
  device_id TEXT NOT NULL,
  identity BLOB NOT NULL,
  etag TEXT AS (identity ->> '$.etag') VIRTUAL,
  status TEXT AS (identity ->> '$.status') VIRTUAL,
  UNIQUE (hub, device_id)
) STRICT;

CREATE TABLE presence (
  hub TEXT NOT NULL,
  device_id TEXT NOT NULL,
  module_id TEXT NOT NULL,
  is_connected INTEGER NOT NULL,
  connection_state_updated_at_ms INTEGER NOT NULL,
  last_activity_at_ms INTEGER NOT NULL,
  PRIMARY KEY (hub, device_id, module_id)
) STRICT, WITHOUT ROWID;

-- Counting a million rows takes too long to do it while somebody waits.
CREATE TABLE device_counts (
  hub TEXT PRIMARY KEY,
  total INTEGER NOT NULL,
  enabled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER devices_count_insert AFTER INSERT ON devices BEGIN
  INSERT INTO device_counts (hub, total, enabled) VALUES (NEW.hub, 1, NEW.status = 'enabled')
    ON CONFLICT (hub) DO UPDATE SET total = total + 1, enabled = enabled + excluded.enabled;
END;

CREATE TRIGGER devices_count_update AFTER UPDATE ON devices WHEN OLD.status <> NEW.status BEGIN
  UPDATE device_counts
    SET enabled = enabled + (NEW.status = 'enabled') - (OLD.status = 'enabled')
    WHERE hub = NEW.hub;
END;

CREATE TRIGGER devices_count_delete AFTER DELETE ON devices BEGIN
  UPDATE device_counts
    SET total = total - 1, enabled = enabled - (OLD.status = 'enabled')
    WHERE hub = OLD.hub;
END;

-- A device that is created anew under the same id has never been seen.
CREATE TRIGGER devices_delete_presence AFTER DELETE ON devices BEGIN
  DELETE FROM presence WHERE hub = OLD.hub AND device_id = OLD.device_id;
END;
`;
