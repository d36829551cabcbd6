import { argumentInvalid } from "../provisioning-error.ts";

export interface QueryToken {
  readonly kind: "name" | "string" | "number" | "symbol";
  readonly text: string;
}

/** Back-ticks quote too: a published example has them. A doubled quote inside stands for itself. */
const TOKEN =
  /\s*(?:(?<name>[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)|(?<number>-?\d+(?:\.\d+)?)|'(?<single>(?:[^']|'')*)'|"(?<double>(?:[^"]|"")*)"|`(?<tick>(?:[^`]|``)*)`|(?<symbol><>|!=|[=(),*]))/y;

/** Throws `ArgumentInvalid` for characters that no query has. */
export function readTokens(text: string): readonly QueryToken[] {
  const tokens: QueryToken[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) throw argumentInvalid(`A query cannot be read from character ${at}`);
    tokens.push(tokenOf(groups));
  }
  return tokens;
}

function tokenOf(groups: Record<string, string | undefined>): QueryToken {
  const { name, number, symbol, single, double, tick } = groups;
  if (name !== undefined) return { kind: "name", text: name };
  if (number !== undefined) return { kind: "number", text: number };
  if (symbol !== undefined) return { kind: "symbol", text: symbol };
  if (single !== undefined) return { kind: "string", text: single.replaceAll("''", "'") };
  if (double !== undefined) return { kind: "string", text: double.replaceAll('""', '"') };
  return { kind: "string", text: (tick ?? "").replaceAll("``", "`") };
}
