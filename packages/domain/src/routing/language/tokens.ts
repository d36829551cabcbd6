export type TokenKind =
  | "symbol"
  | "reserved"
  | "string"
  | "integer"
  | "hex"
  | "real"
  | "literal"
  | "keyword"
  | "systemPath"
  | "name"
  | "unterminated"
  | "unknown";

export interface Token {
  readonly kind: TokenKind | "end";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The longest token wins, the earlier row among equally long ones. Names may hold nearly every character,
 * so `a+b` is one name: blanks set operators apart. (protocol reference: routing 3)
 */
const TOKENS: readonly (readonly [TokenKind, RegExp])[] = [
  ["symbol", /<>|!=|<=|>=|\|\||\?\?|[{}(),+\-*/%=<>]/y],
  ["reserved", /(?:select|from|where|into)/iy],
  ["string", /'(?:[^'\\]|\\['"\\]|\\u[0-9a-fA-F]{4})*'|"(?:[^"\\]|\\['"\\]|\\u[0-9a-fA-F]{4})*"/y],
  // Not in the grammar: a name could begin with a quote, and a forgotten quote would go unnoticed.
  ["unterminated", /'[^']*$|"[^"]*$/y],
  ["integer", /-?[0-9]+/y],
  ["hex", /0[xX][0-9a-fA-F]+/y],
  ["real", /-?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|-?[0-9]*[eE][+-]?[0-9]+/y],
  ["literal", /true|false|null|undefined/y],
  ["keyword", /and|or|not/iy],
  ["systemPath", /\$[^()<>@,;:\\"/?={}\s]+/y],
  ["name", /[^()<>@,;:\\"/?={}\s[\]]+/y],
  ["unknown", /[^]/y],
];

const BLANK = /(?:\s|\/\*[^]*?\*\/)+/y;

export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = skipBlank(text, 0);
  while (at < text.length) {
    const token = longestAt(text, at);
    tokens.push(token);
    at = skipBlank(text, token.end);
  }
  tokens.push({ kind: "end", text: "", start: text.length, end: text.length });
  return tokens;
}

function longestAt(text: string, at: number): Token {
  let kind: TokenKind = "unknown";
  let end = at;
  for (const [candidate, pattern] of TOKENS) {
    pattern.lastIndex = at;
    if (pattern.test(text) && pattern.lastIndex > end) {
      kind = candidate;
      end = pattern.lastIndex;
    }
  }
  return { kind, text: text.slice(at, end), start: at, end };
}

function skipBlank(text: string, at: number): number {
  BLANK.lastIndex = at;
  return BLANK.test(text) ? BLANK.lastIndex : at;
}

/** What stands between the quotes. */
export function unquote(text: string): string {
  return text
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, hex: string | undefined, character: string) =>
      hex === undefined ? character : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}
