import type { StoredContainer } from "@larimar/domain";
import { formatHttpDate } from "../headers/http-date.ts";
import { element, escapeXml } from "./xml.ts";

export interface ContainerListing {
  /** The account's URL. */
  readonly serviceEndpoint: string;
  readonly prefix: string;
  readonly marker: string;
  /** As the client asked; undefined when it did not. */
  readonly maxResults: number | undefined;
  readonly includesMetadata: boolean;
  readonly containers: readonly StoredContainer[];
  /** Undefined on the last page. */
  readonly nextMarker: string | undefined;
}

export function formatContainerList(listing: ContainerListing): string {
  const { maxResults, containers, includesMetadata } = listing;
  return [
    `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="${escapeXml(listing.serviceEndpoint)}">`,
    element("Prefix", listing.prefix),
    element("Marker", listing.marker),
    ...(maxResults === undefined ? [] : [element("MaxResults", String(maxResults))]),
    "<Containers>",
    ...containers.map((container) => formatContainer(container, includesMetadata)),
    "</Containers>",
    element("NextMarker", listing.nextMarker ?? ""),
    "</EnumerationResults>",
  ].join("");
}

function formatContainer(container: StoredContainer, includesMetadata: boolean): string {
  const { containerName, etag, createdAtMs, metadata } = container;
  const properties = {
    "Last-Modified": formatHttpDate(createdAtMs),
    Etag: `"${etag}"`,
    LeaseStatus: "unlocked",
    LeaseState: "available",
    HasImmutabilityPolicy: "false",
    HasLegalHold: "false",
  };
  const described = Object.entries(properties).map(([name, value]) => element(name, value));
  const told = [...metadata].map(([name, value]) => element(name, value));
  return [
    `<Container>${element("Name", containerName)}<Properties>${described.join("")}</Properties>`,
    includesMetadata ? `<Metadata>${told.join("")}</Metadata>` : "",
    "</Container>",
  ].join("");
}
