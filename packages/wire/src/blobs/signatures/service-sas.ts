import type { BlobPermission, BlobResource, BlobSas } from "@larimar/domain";
import { type Reading, invalid, read } from "../../rest/reading.ts";
import { parseAddressRange } from "./address-range.ts";

/** Response headers that whoever made the signature wants to have, instead of the blob's own. */
export interface SasOverrides {
  readonly cacheControl: string;
  readonly contentDisposition: string;
  readonly contentEncoding: string;
  readonly contentLanguage: string;
  readonly contentType: string;
}

/** A service SAS as it is in a query; texts are kept as they came, because they are signed. */
export interface ServiceSasQuery {
  readonly version: string;
  /** `b` for one blob, `c` for a container and all in it. */
  readonly resource: "b" | "c";
  readonly permissions: string;
  readonly start: string;
  readonly expiry: string;
  readonly addressRange: string;
  readonly protocol: string;
  readonly encryptionScope: string;
  readonly overrides: SasOverrides;
}

/** The layout of the signed text: each of these versions added lines to it. */
const WITH_RESOURCE = "2018-11-09";
const WITH_ENCRYPTION_SCOPE = "2020-12-06";
const OLDEST = "2015-04-05";
/** What our own signatures say; old enough for every tool, new enough for large blocks. */
const ISSUED_VERSION = "2020-10-02";

const PERMISSIONS = new Map<string, BlobPermission>([
  ["r", "read"],
  ["c", "create"],
  ["w", "write"],
  ["d", "delete"],
  ["l", "list"],
]);

export interface ReadServiceSas {
  readonly query: ServiceSasQuery;
  readonly sas: BlobSas;
}

/** Reads the fields of a query that is signed. Nothing is verified here. */
export function readServiceSas(fields: ReadonlyMap<string, string>): Reading<ReadServiceSas> {
  const get = (name: string): string => fields.get(name) ?? "";
  for (const name of ["sv", "sr", "sp", "se"]) {
    if (get(name) === "") return invalid(`${name} is mandatory`);
  }
  if (fields.has("si")) return invalid("Stored access policies are not supported");
  if (fields.has("skoid")) return invalid("User delegation is not supported");
  const [version, resource] = [get("sv"), get("sr")];
  if (!/^\d{4}-\d{2}-\d{2}$/.test(version) || version < OLDEST) return invalid("sv is not known");
  if (resource !== "b" && resource !== "c") return invalid("sr is neither b nor c");
  const query: ServiceSasQuery = {
    version,
    resource,
    permissions: get("sp"),
    start: get("st"),
    expiry: get("se"),
    addressRange: get("sip"),
    protocol: get("spr"),
    encryptionScope: get("ses"),
    overrides: {
      cacheControl: get("rscc"),
      contentDisposition: get("rscd"),
      contentEncoding: get("rsce"),
      contentLanguage: get("rscl"),
      contentType: get("rsct"),
    },
  };
  const startsAtMs = query.start === "" ? undefined : parseSasTime(query.start);
  const expiresAtMs = parseSasTime(query.expiry);
  if (expiresAtMs === undefined) return invalid("se is not a time");
  if (query.start !== "" && startsAtMs === undefined) return invalid("st is not a time");
  const addresses = query.addressRange === "" ? undefined : parseAddressRange(query.addressRange);
  if (query.addressRange !== "" && addresses === undefined) {
    return invalid("sip is not an address or a range of addresses");
  }
  const permissions = [...PERMISSIONS]
    .filter(([letter]) => query.permissions.includes(letter))
    .map(([, permission]) => permission);
  // A form decoder on the way turns plus signs into spaces, which base64 does not have.
  const signature = get("sig").replaceAll(" ", "+");
  return read({ query, sas: { signature, permissions, startsAtMs, expiresAtMs, addresses } });
}

/** The text that a service SAS signs. */
export function serviceSasText(
  query: ServiceSasQuery,
  { accountName, resource }: { accountName: string; resource: BlobResource },
): string {
  const { version, overrides } = query;
  return [
    query.permissions,
    query.start,
    query.expiry,
    canonicalResource(query, accountName, resource),
    "", // a stored access policy
    query.addressRange,
    query.protocol,
    version,
    ...(version < WITH_RESOURCE ? [] : [query.resource, ""]), // a snapshot's time
    ...(version < WITH_ENCRYPTION_SCOPE ? [] : [query.encryptionScope]),
    overrides.cacheControl,
    overrides.contentDisposition,
    overrides.contentEncoding,
    overrides.contentLanguage,
    overrides.contentType,
  ].join("\n");
}

function canonicalResource(
  { resource: scope }: ServiceSasQuery,
  accountName: string,
  resource: BlobResource,
): string {
  const container = `/blob/${accountName}/${resource.containerName}`;
  return scope === "b" && "blobName" in resource ? `${container}/${resource.blobName}` : container;
}

export interface ServiceSasRequest {
  readonly accountName: string;
  readonly resource: BlobResource;
  /** Letters in the order that Azure Storage insists on: racwdl. */
  readonly permissions: string;
  readonly expiresAtMs: number;
  /** The base64 text of HMAC-SHA256 with the account's key; the key stays with the caller. */
  readonly sign: (text: string) => string;
}

/** The query that makes a URL usable without a key, with its leading question mark. */
export function buildServiceSas(request: ServiceSasRequest): string {
  const query: ServiceSasQuery = {
    version: ISSUED_VERSION,
    resource: "blobName" in request.resource ? "b" : "c",
    permissions: request.permissions,
    start: "",
    expiry: `${new Date(request.expiresAtMs).toISOString().slice(0, 19)}Z`,
    addressRange: "",
    protocol: "https",
    encryptionScope: "",
    overrides: {
      cacheControl: "",
      contentDisposition: "",
      contentEncoding: "",
      contentLanguage: "",
      contentType: "",
    },
  };
  const fields = {
    sv: query.version,
    sr: query.resource,
    spr: query.protocol,
    se: query.expiry,
    sp: query.permissions,
    sig: request.sign(serviceSasText(query, request)),
  };
  const pairs = Object.entries(fields).map(
    ([name, value]) => `${name}=${encodeURIComponent(value)}`,
  );
  return `?${pairs.join("&")}`;
}

/** `2030-01-01`, `2030-01-01T00:00Z`, `2030-01-01T00:00:00Z` and up to seven digits of a fraction. */
function parseSasTime(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?Z)?$/.test(text)) {
    return undefined;
  }
  const ms = Date.parse(text.length === 10 ? `${text}T00:00Z` : text);
  return Number.isNaN(ms) ? undefined : ms;
}
