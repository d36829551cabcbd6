import { percentDecode } from "../mqtt/percent-encoding.ts";

/** What a hub's built-in account is called in URLs and connection strings; which hub is meant, the host says. */
export const BLOB_ACCOUNT_NAME = "larimarblobs";

/** What a path below the account names, in one way of reading it. */
export type BlobPath =
  | { readonly kind: "account" }
  | { readonly kind: "container"; readonly containerName: string }
  | {
      readonly kind: "blob";
      readonly containerName: string;
      /** Every way to read the name, the likeliest first. */
      readonly nameReadings: readonly [string, ...string[]];
    };

const PATTERN = new RegExp(`^/+${BLOB_ACCOUNT_NAME}(?:/+([^/]*)(?:/(.*))?)?$`, "s");

/** Undefined when the path is not below the account. */
export function readBlobPath(rawPath: string): BlobPath | undefined {
  const match = PATTERN.exec(rawPath);
  if (match === null) return undefined;
  const containerName = percentDecode(match[1] ?? "");
  const rawName = match[2] ?? "";
  if (containerName === "") return { kind: "account" };
  if (rawName === "") return { kind: "container", containerName };
  return { kind: "blob", containerName, nameReadings: readName(rawName) };
}

/**
 * One SDK escapes nothing, two escape slashes, another writes spaces as plus signs, so a URL alone does not say
 * what it means. (protocol reference: device-facing 6.2)
 */
function readName(rawName: string): [string, ...string[]] {
  const decoded = percentDecode(rawName);
  const others = [percentDecode(rawName.replaceAll("+", " ")), rawName];
  return [decoded, ...new Set(others.filter((other) => other !== decoded))];
}

/** The path below the account, with the slashes of the name as they are. */
export function formatBlobPath({
  containerName,
  blobName,
}: {
  containerName: string;
  blobName: string;
}): string {
  return [containerName, ...blobName.split("/")].map(encodeURIComponent).join("/");
}
