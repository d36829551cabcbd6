/**
 * Queries go through whole tables, so that twins have only what conditions read; the metadata beside their
 * values, which is as large again, has rows of its own under the same ids. Copied and not altered, since rows
 * that shrink would stay on the pages where they are.
 */
export const narrowTwins = `
DROP TRIGGER devices_delete_belongings;
DROP TRIGGER modules_delete_belongings;

CREATE TABLE twin_metadata (
  id INTEGER PRIMARY KEY,
  desired BLOB NOT NULL,
  reported BLOB NOT NULL
) STRICT;

INSERT INTO twin_metadata (id, desired, reported)
  SELECT id, desired_metadata, reported_metadata FROM twins ORDER BY id;

ALTER TABLE twins RENAME TO wide_twins;

CREATE TABLE twins (
  id INTEGER PRIMARY KEY,
  hub TEXT NOT NULL,
  device_id TEXT NOT NULL,
  module_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  etag TEXT NOT NULL,
  model_id TEXT NOT NULL,
  desired_version INTEGER NOT NULL,
  reported_version INTEGER NOT NULL,
  tags BLOB NOT NULL,
  desired BLOB NOT NULL,
  reported BLOB NOT NULL,
  configurations BLOB NOT NULL,
  UNIQUE (hub, device_id, module_id)
) STRICT;

INSERT INTO twins (id, hub, device_id, module_id, version, etag, model_id,
    desired_version, reported_version, tags, desired, reported, configurations)
  SELECT id, hub, device_id, module_id, version, etag, model_id,
    desired_version, reported_version, tags, desired, reported, configurations
  FROM wide_twins ORDER BY id;

DROP TABLE wide_twins;

CREATE TRIGGER twins_delete_metadata AFTER DELETE ON twins BEGIN
  DELETE FROM twin_metadata WHERE id = OLD.id;
END;

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
