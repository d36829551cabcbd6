/** Certificate authorities of hubs, as provisioning services keep theirs; `service` is the hub. */
export const hubCertificates = `
CREATE TABLE hub_ca_certificates (
  service TEXT NOT NULL,
  key TEXT NOT NULL,
  document BLOB NOT NULL,
  etag TEXT AS (document ->> '$.etag') VIRTUAL,
  PRIMARY KEY (service, key)
) STRICT;
`;
