import { type Reading, invalid, read } from "../rest/reading.ts";

/** What the connection string of a storage account says of its blobs. */
export interface BlobAccountAddress {
  readonly accountName: string;
  /** Base64. */
  readonly accountKey: string;
  /** Without a trailing slash. */
  readonly endpoint: string;
}

const DEFAULT_SUFFIX = "core.windows.net";

/**
 * `AccountName=…;AccountKey=…;BlobEndpoint=…`, or an `EndpointSuffix` in place of the endpoint. Only https will
 * do, because that is what devices upload with, whatever they are told.
 */
export function parseStorageConnectionString(text: string): Reading<BlobAccountAddress> {
  const fields = new Map<string, string>();
  for (const part of text.split(";")) {
    const equals = part.indexOf("=");
    if (equals > 0) fields.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1));
  }
  const accountName = fields.get("accountname") ?? "";
  const accountKey = fields.get("accountkey") ?? "";
  if (accountName === "") return invalid("AccountName is missing");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(accountKey)) return invalid("AccountKey is not base64");
  const protocol = fields.get("defaultendpointsprotocol") ?? "https";
  const suffix = fields.get("endpointsuffix") ?? DEFAULT_SUFFIX;
  const endpoint = fields.get("blobendpoint") ?? `${protocol}://${accountName}.blob.${suffix}`;
  if (!/^https:\/\/[^/?#@]+(?:\/[^?#]*)?$/i.test(endpoint)) {
    return invalid("BlobEndpoint is not an https URL");
  }
  return read({ accountName, accountKey, endpoint: endpoint.replace(/\/+$/, "") });
}
