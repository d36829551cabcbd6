/**
 * Scheduled jobs, and one row of `device_jobs` for each device or module of each. Those rows are what
 * `FROM devices.jobs` reads:
 *
 * - `device_id`, `module_id` ('' for a device), `job_id`
 * - `job_type`: scheduleDeviceMethod or scheduleUpdateTwin
 * - `status`: pending, running, completed, failed or canceled
 * - `created_at_ms`, `started_at_ms`, `ended_at_ms`, `updated_at_ms`: 0 stands for never
 * - `response`: what a device answered a method, JSON {"status","payload"}; NULL without one
 * - `error`: JSON {"code","description"}; NULL without one
 * - `id`: ascends in the order in which devices were selected
 */
export const jobs = `
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hub TEXT NOT NULL,
  job_id TEXT NOT NULL,
  job_type TEXT NOT NULL,
  status TEXT NOT NULL,
  phase TEXT NOT NULL,
  start_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER NOT NULL,
  job TEXT NOT NULL,
  UNIQUE (hub, job_id)
) STRICT;

CREATE INDEX jobs_by_start ON jobs (hub, phase = 'waiting', start_at_ms, id) WHERE phase <> 'over';
CREATE INDEX jobs_by_end ON jobs (hub, ended_at_ms) WHERE phase = 'over';

CREATE TABLE device_jobs (
  id INTEGER PRIMARY KEY,
  hub TEXT NOT NULL,
  job_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  module_id TEXT NOT NULL,
  job_type TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  response TEXT,
  error TEXT,
  UNIQUE (hub, job_id, device_id, module_id)
) STRICT;

CREATE INDEX device_jobs_by_status ON device_jobs (hub, job_id, status, id);
CREATE INDEX device_jobs_by_device ON device_jobs (hub, device_id, module_id);

-- Statistics of a job with a million devices are asked for while it runs.
CREATE TABLE device_job_counts (
  hub TEXT NOT NULL,
  job_id TEXT NOT NULL,
  status TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (hub, job_id, status)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER device_jobs_count_insert AFTER INSERT ON device_jobs BEGIN
  INSERT INTO device_job_counts (hub, job_id, status, count)
    VALUES (NEW.hub, NEW.job_id, NEW.status, 1)
    ON CONFLICT (hub, job_id, status) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER device_jobs_count_update AFTER UPDATE OF status ON device_jobs
  WHEN OLD.status <> NEW.status BEGIN
  UPDATE device_job_counts SET count = count - 1
    WHERE hub = OLD.hub AND job_id = OLD.job_id AND status = OLD.status;
  INSERT INTO device_job_counts (hub, job_id, status, count)
    VALUES (NEW.hub, NEW.job_id, NEW.status, 1)
    ON CONFLICT (hub, job_id, status) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER device_jobs_count_delete AFTER DELETE ON device_jobs BEGIN
  UPDATE device_job_counts SET count = count - 1
    WHERE hub = OLD.hub AND job_id = OLD.job_id AND status = OLD.status;
END;

CREATE TRIGGER jobs_delete_counts AFTER DELETE ON jobs BEGIN
  DELETE FROM device_job_counts WHERE hub = OLD.hub AND job_id = OLD.job_id;
END;
`;
