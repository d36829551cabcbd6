/** Every identity has a twin from its beginning, since queries look for identities among the twins. */
export const twinsOfAll = `
INSERT INTO twins (hub, device_id, module_id, version, etag, model_id, tags,
    desired, desired_metadata, desired_version, reported, reported_metadata, reported_version)
  SELECT hub, device_id, module_id, 2, 'AAAAAAAAAAE=', '', jsonb('{}'),
    jsonb('{}'), jsonb(metadata), 1, jsonb('{}'), jsonb(metadata), 1
  FROM (
      SELECT hub, device_id, '' AS module_id FROM devices
      UNION ALL SELECT hub, device_id, module_id FROM modules
    ),
    (SELECT json_object('$lastUpdated', strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) AS metadata)
  WHERE true
  ON CONFLICT DO NOTHING;
`;
