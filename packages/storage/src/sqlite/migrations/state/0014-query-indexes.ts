/** For the few identities that queries often ask for among many. */
export const queryIndexes = `
CREATE INDEX devices_edge ON devices (hub, device_id) WHERE identity ->> '$.capabilities.iotEdge';
CREATE INDEX devices_disabled ON devices (hub, device_id) WHERE status = 'disabled';
CREATE INDEX presence_connected ON presence (hub, device_id, module_id) WHERE is_connected = 1;
`;
