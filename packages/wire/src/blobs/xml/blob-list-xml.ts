import type { BlobPage, BlobPageEntry, StoredBlob } from "@larimar/domain";
import { formatHttpDate } from "../headers/http-date.ts";
import { element, escapeXml } from "./xml.ts";

export interface BlobListing {
  /** The account's URL. */
  readonly serviceEndpoint: string;
  readonly containerName: string;
  readonly prefix: string;
  readonly marker: string;
  readonly delimiter: string | undefined;
  /** As the client asked; undefined when it did not. */
  readonly maxResults: number | undefined;
  readonly includesMetadata: boolean;
  readonly page: BlobPage;
}

export function formatBlobList(listing: BlobListing): string {
  const { page } = listing;
  const attributes =
    `ServiceEndpoint="${escapeXml(listing.serviceEndpoint)}" ` +
    `ContainerName="${escapeXml(listing.containerName)}"`;
  return [
    `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ${attributes}>`,
    element("Prefix", listing.prefix),
    element("Marker", listing.marker),
    ...(listing.maxResults === undefined
      ? []
      : [element("MaxResults", String(listing.maxResults))]),
    ...(listing.delimiter === undefined ? [] : [element("Delimiter", listing.delimiter)]),
    "<Blobs>",
    ...page.entries.map((entry) => formatEntry(entry, listing.includesMetadata)),
    "</Blobs>",
    element("NextMarker", page.nextMarker ?? ""),
    "</EnumerationResults>",
  ].join("");
}

function formatEntry(entry: BlobPageEntry, includesMetadata: boolean): string {
  if (entry.kind === "prefix") {
    return `<BlobPrefix>${element("Name", entry.prefix)}</BlobPrefix>`;
  }
  const metadata = includesMetadata ? formatMetadata(entry.blob) : "";
  return `<Blob>${element("Name", entry.blob.address.blobName)}${formatProperties(entry.blob)}${metadata}</Blob>`;
}

function formatProperties(blob: StoredBlob): string {
  const { headers } = blob;
  const properties = {
    "Creation-Time": formatHttpDate(blob.createdAtMs),
    "Last-Modified": formatHttpDate(blob.lastModifiedMs),
    Etag: blob.etag,
    "Content-Length": String(blob.sizeBytes),
    "Content-Type": headers.contentType,
    "Content-Encoding": headers.contentEncoding,
    "Content-Language": headers.contentLanguage,
    "Content-CRC64": "",
    "Content-MD5": headers.contentMd5,
    "Cache-Control": headers.cacheControl,
    "Content-Disposition": headers.contentDisposition,
    BlobType: "BlockBlob",
    LeaseStatus: "unlocked",
    LeaseState: "available",
    ServerEncrypted: "false",
  };
  const elements = Object.entries(properties).map(([name, value]) => element(name, value ?? ""));
  return `<Properties>${elements.join("")}</Properties>`;
}

function formatMetadata({ metadata }: StoredBlob): string {
  return `<Metadata>${[...metadata].map(([name, value]) => element(name, value)).join("")}</Metadata>`;
}
