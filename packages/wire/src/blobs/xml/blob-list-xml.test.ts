import { expect, test } from "vitest";
import { formatBlobList } from "./blob-list-xml.ts";

const blob = {
  address: { containerName: "uploads", blobName: "d1/<a>&.txt" },
  etag: "0x1",
  sizeBytes: 12,
  createdAtMs: 0,
  lastModifiedMs: 1000,
  headers: {
    contentType: "text/plain",
    contentEncoding: undefined,
    contentLanguage: undefined,
    contentDisposition: undefined,
    cacheControl: undefined,
    contentMd5: "bWQ1",
  },
  metadata: new Map([["site", "<north>"]]),
};
const listing = {
  serviceEndpoint: 'https://h/a"/',
  containerName: "uploads",
  prefix: "d",
  marker: "m",
  delimiter: "/",
  maxResults: 2,
  includesMetadata: true,
  page: {
    entries: [
      { kind: "prefix" as const, prefix: "d0/" },
      { kind: "blob" as const, blob },
    ],
    nextMarker: "d1/next",
  },
};

test("a listing says what was asked, what was found and how to go on", () => {
  expect(formatBlobList(listing)).toBe(
    '<?xml version="1.0" encoding="utf-8"?>' +
      '<EnumerationResults ServiceEndpoint="https://h/a&quot;/" ContainerName="uploads">' +
      "<Prefix>d</Prefix><Marker>m</Marker><MaxResults>2</MaxResults><Delimiter>/</Delimiter>" +
      "<Blobs><BlobPrefix><Name>d0/</Name></BlobPrefix>" +
      "<Blob><Name>d1/&lt;a&gt;&amp;.txt</Name><Properties>" +
      "<Creation-Time>Thu, 01 Jan 1970 00:00:00 GMT</Creation-Time>" +
      "<Last-Modified>Thu, 01 Jan 1970 00:00:01 GMT</Last-Modified>" +
      "<Etag>0x1</Etag><Content-Length>12</Content-Length><Content-Type>text/plain</Content-Type>" +
      "<Content-Encoding /><Content-Language /><Content-CRC64 /><Content-MD5>bWQ1</Content-MD5>" +
      "<Cache-Control /><Content-Disposition /><BlobType>BlockBlob</BlobType>" +
      "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>" +
      "<ServerEncrypted>false</ServerEncrypted></Properties>" +
      "<Metadata><site>&lt;north&gt;</site></Metadata></Blob></Blobs>" +
      "<NextMarker>d1/next</NextMarker></EnumerationResults>",
  );
});

test("a listing leaves out what nobody asked for", () => {
  const { page } = listing;
  const text = formatBlobList({
    ...listing,
    delimiter: undefined,
    maxResults: undefined,
    includesMetadata: false,
    page: { ...page, nextMarker: undefined },
  });
  expect(text).not.toMatch(/<(?:Delimiter|MaxResults|Metadata)\b/);
  expect(text).toContain("<NextMarker />");
});
