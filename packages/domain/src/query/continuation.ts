import { HubError } from "../errors/hub-error.ts";

/** Where a query goes on. */
export interface Continuation {
  readonly after: string;
  /** How many rows a query with TOP has left. */
  readonly left: number | undefined;
}

const FORM = /^1\.([0-9a-z]+)\.([0-9]*)\.([\w-]{1,1024})$/;

/** Fit for a header, and good for this query only. */
export function formatContinuation(text: string, { after, left }: Continuation): string {
  return `1.${fingerprint(text)}.${left ?? ""}.${after}`;
}

/** Throws `ArgumentInvalid` for what no page of this query ended with. */
export function parseContinuation(text: string, token: string): Continuation {
  const [, query, left, after] = FORM.exec(token) ?? [];
  if (after === undefined) throw invalid("The continuation token cannot be read");
  if (query !== fingerprint(text)) throw invalid("The continuation token is another query's");
  return { after, left: left ? Number(left) : undefined };
}

/** FNV-1a; tells queries apart, and protects nothing. */
function fingerprint(text: string): string {
  let hash = 0x81_1c_9d_c5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93) >>> 0;
  }
  return hash.toString(36);
}

function invalid(message: string): HubError {
  return new HubError("ArgumentInvalid", message);
}
