/** The names in braces of a path pattern such as `/devices/{deviceId}`. */
export type ParamNames<Pattern extends string> =
  Pattern extends `${string}{${infer Name}}${infer Rest}` ? Name | ParamNames<Rest> : never;

export type PathParams<Pattern extends string> = { readonly [Name in ParamNames<Pattern>]: string };

type Segment = { readonly literal: string } | { readonly param: string };

export interface CompiledPath {
  readonly segments: readonly Segment[];
  /** Literal words where another pattern has a parameter win: the larger number is tried first. */
  readonly specificity: number;
}

export function compilePath(pattern: string): CompiledPath {
  const segments = splitPath(pattern).map((text): Segment => {
    const param = /^\{(\w+)\}$/.exec(text)?.[1];
    return param === undefined ? { literal: text } : { param };
  });
  // Leftmost counts most: one binary digit for each segment.
  const specificity = segments.reduce(
    (sum, segment) => sum * 2 + ("literal" in segment ? 1 : 0),
    0,
  );
  return { segments, specificity };
}

/** The parameters when the path fits, keyed by their names. Literal words compare without case. */
export function matchPath(
  { segments }: CompiledPath,
  path: readonly string[],
): ReadonlyMap<string, string> | undefined {
  if (segments.length !== path.length) return undefined;
  const params = new Map<string, string>();
  for (const [i, segment] of segments.entries()) {
    const text = path[i] ?? "";
    if ("param" in segment) params.set(segment.param, text);
    else if (segment.literal.toLowerCase() !== text.toLowerCase()) return undefined;
  }
  return params;
}

/** The path as the pattern spells it, with the parameters' values: what an access scope is compared with. */
export function resourceOf(
  { segments }: CompiledPath,
  params: ReadonlyMap<string, string>,
): readonly string[] {
  return segments.map((segment) =>
    "literal" in segment ? segment.literal : (params.get(segment.param) ?? ""),
  );
}

export function formatPath<Pattern extends string>(
  pattern: Pattern,
  params: PathParams<Pattern>,
): string {
  const values = new Map(Object.entries<string>(params));
  return pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(values.get(name) ?? ""),
  );
}

/**
 * Every way to read an encoded path, the likeliest first. Escapes are decoded before the path is divided,
 * because one tool encodes its slashes; another encodes ids once more, so there is a second reading.
 * (protocol reference: service-facing 2.1)
 */
export function readPath(encoded: string): readonly (readonly string[])[] {
  const once = decodeEscapes(encoded);
  const twice = decodeEscapes(once);
  return twice === once ? [splitPath(once)] : [splitPath(once), splitPath(twice)];
}

/** Doubled and trailing slashes are overlooked. */
function splitPath(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

/** Escapes that are not valid stay as they are: ids may hold a bare percent sign. */
function decodeEscapes(text: string): string {
  return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}
