export const BLOB_NAME_LENGTH_MAX = 1024;

/**
 * Names look like paths, and URLs are made of them: what a client or a proxy would resolve, cut or refuse on
 * the way (dots, empty segments, control characters) is no name.
 */
export function isBlobName(name: string): boolean {
  if (name.length > BLOB_NAME_LENGTH_MAX || /[\p{Control}\p{Surrogate}]/u.test(name)) return false;
  const segments = name.split(/[/\\]/);
  return segments.every((segment) => segment !== "" && segment !== "." && segment !== "..");
}

/** 3 to 63 lower-case letters, digits and single inner hyphens. */
export function isContainerName(name: string): boolean {
  return name.length >= 3 && name.length <= 63 && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name);
}
