import type { EtagCondition } from "@larimar/domain";

/** Quoted in headers, unquoted in bodies: clients echo either. */
export function formatEtagHeader(etag: string): string {
  return `"${etag}"`;
}

/**
 * Reads `If-Match` in every spelling clients have: `*`, `"*"`, `"etag"`, `etag`, `W/"etag"`. Undefined for
 * what is none of them, lists included. (protocol reference: service-facing 2.1)
 */
export function parseIfMatch(header: string): EtagCondition | undefined {
  const text = header.trim();
  const quoted = /^(?:W\/)?"([^"]*)"$/i.exec(text)?.[1];
  const etag = quoted ?? text;
  if (etag === "*") return "any";
  return quoted === undefined && !/^[^\s",]+$/.test(etag) ? undefined : { etag };
}
