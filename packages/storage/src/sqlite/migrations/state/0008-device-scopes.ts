/**
 * Edge devices have had no scopes so far; children are found by that of their parent. A twin says which
 * configurations it is a target of; `x'0c'` is an empty JSONB object.
 */
export const deviceScopes = `
UPDATE devices SET identity = jsonb_set(identity, '$.parentScopes', jsonb('[]'));

UPDATE devices SET identity = jsonb_set(
  identity,
  '$.deviceScope',
  'ms-azure-iot-edge://' || device_id || '-' || (identity ->> '$.generationId')
) WHERE identity ->> '$.capabilities.iotEdge';

ALTER TABLE devices ADD COLUMN parent_scope TEXT AS (identity ->> '$.parentScopes[0]') VIRTUAL;

CREATE INDEX devices_by_parent ON devices (hub, parent_scope, device_id)
  WHERE parent_scope IS NOT NULL;

ALTER TABLE twins ADD COLUMN configurations BLOB NOT NULL DEFAULT x'0c';
`;
