/**
 * Provisioning services: one document a row, found by its service and its id in lower case, because ids have no
 * case there. Counts are kept, as those of devices are.
 */
export const provisioning = `
CREATE TABLE provisioning_services (
  service TEXT NOT NULL,
  key TEXT NOT NULL,
  document BLOB NOT NULL,
  etag TEXT AS (document ->> '$.etag') VIRTUAL,
  PRIMARY KEY (service, key)
) STRICT;

CREATE TABLE individual_enrollments (
  id INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  key TEXT NOT NULL,
  document BLOB NOT NULL,
  etag TEXT AS (document ->> '$.etag') VIRTUAL,
  attestation_type TEXT AS (document ->> '$.attestation.type') VIRTUAL,
  UNIQUE (service, key)
) STRICT;

CREATE TABLE enrollment_groups (
  id INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  key TEXT NOT NULL,
  document BLOB NOT NULL,
  etag TEXT AS (document ->> '$.etag') VIRTUAL,
  attestation_type TEXT AS (document ->> '$.attestation.type') VIRTUAL,
  UNIQUE (service, key)
) STRICT;

CREATE INDEX enrollment_groups_by_type ON enrollment_groups (service, attestation_type, id);

CREATE TABLE registrations (
  id INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  key TEXT NOT NULL,
  document BLOB NOT NULL,
  etag TEXT AS (document ->> '$.etag') VIRTUAL,
  group_key TEXT AS (lower(document ->> '$.enrollmentGroupId')) VIRTUAL,
  removal_count INTEGER AS (json_array_length(document, '$.removals')) VIRTUAL,
  UNIQUE (service, key)
) STRICT;

CREATE INDEX registrations_by_group ON registrations (service, group_key, key)
  WHERE group_key IS NOT NULL;
CREATE INDEX registrations_with_removals ON registrations (service, id) WHERE removal_count > 0;

CREATE TABLE ca_certificates (
  service TEXT NOT NULL,
  key TEXT NOT NULL,
  document BLOB NOT NULL,
  etag TEXT AS (document ->> '$.etag') VIRTUAL,
  PRIMARY KEY (service, key)
) STRICT;

-- What is counted: 'individual' and 'registration', with the type of attestation for the former.
CREATE TABLE provisioning_counts (
  service TEXT NOT NULL,
  kind TEXT NOT NULL,
  type TEXT NOT NULL,
  total INTEGER NOT NULL,
  PRIMARY KEY (service, kind, type)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER individual_enrollments_count_insert AFTER INSERT ON individual_enrollments BEGIN
  INSERT INTO provisioning_counts (service, kind, type, total)
    VALUES (NEW.service, 'individual', NEW.attestation_type, 1)
    ON CONFLICT DO UPDATE SET total = total + 1;
END;

CREATE TRIGGER individual_enrollments_count_update AFTER UPDATE ON individual_enrollments
  WHEN OLD.attestation_type <> NEW.attestation_type
BEGIN
  UPDATE provisioning_counts SET total = total - 1
    WHERE service = OLD.service AND kind = 'individual' AND type = OLD.attestation_type;
  INSERT INTO provisioning_counts (service, kind, type, total)
    VALUES (NEW.service, 'individual', NEW.attestation_type, 1)
    ON CONFLICT DO UPDATE SET total = total + 1;
END;

CREATE TRIGGER individual_enrollments_count_delete AFTER DELETE ON individual_enrollments BEGIN
  UPDATE provisioning_counts SET total = total - 1
    WHERE service = OLD.service AND kind = 'individual' AND type = OLD.attestation_type;
END;

CREATE TRIGGER registrations_count_insert AFTER INSERT ON registrations BEGIN
  INSERT INTO provisioning_counts (service, kind, type, total)
    VALUES (NEW.service, 'registration', '', 1)
    ON CONFLICT DO UPDATE SET total = total + 1;
END;

CREATE TRIGGER registrations_count_delete AFTER DELETE ON registrations BEGIN
  UPDATE provisioning_counts SET total = total - 1
    WHERE service = OLD.service AND kind = 'registration';
END;
`;
