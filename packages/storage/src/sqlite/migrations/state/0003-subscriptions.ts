/** What MQTT clients with persistent sessions listen for; it goes with the identity. */
export const subscriptions = `
CREATE TABLE subscriptions (
  hub TEXT NOT NULL,
  device_id TEXT NOT NULL,
  module_id TEXT NOT NULL,
  filters TEXT NOT NULL,
  PRIMARY KEY (hub, device_id, module_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER devices_delete_subscriptions AFTER DELETE ON devices BEGIN
  DELETE FROM subscriptions WHERE hub = OLD.hub AND device_id = OLD.device_id;
END;

CREATE TRIGGER modules_delete_subscriptions AFTER DELETE ON modules BEGIN
  DELETE FROM subscriptions
    WHERE hub = OLD.hub AND device_id = OLD.device_id AND module_id = OLD.module_id;
END;
`;
