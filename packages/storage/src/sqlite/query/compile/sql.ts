/** A piece of SQL and what is bound to it. Nothing that a user wrote is ever part of `text`. */
export interface Sql {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/** Pieces inside are joined as they are, everything else becomes a bound value. */
export function sql(
  strings: TemplateStringsArray,
  ...parts: readonly (Sql | string | number)[]
): Sql {
  let text = strings[0] ?? "";
  const values: (string | number)[] = [];
  for (const [index, part] of parts.entries()) {
    if (typeof part === "object") {
      text += part.text;
      values.push(...part.values);
    } else {
      text += "?";
      values.push(part);
    }
    text += strings[index + 1] ?? "";
  }
  return { text, values };
}

export const ALWAYS: Sql = { text: "1", values: [] };
export const NEVER: Sql = { text: "0", values: [] };

export function allOf(parts: readonly Sql[]): Sql {
  return balanced(parts, " AND ", ALWAYS);
}

export function anyOf(parts: readonly Sql[]): Sql {
  return balanced(parts, " OR ", NEVER);
}

export function listOf(parts: readonly Sql[]): Sql {
  return {
    text: parts.map(({ text }) => text).join(", "),
    values: parts.flatMap(({ values }) => values),
  };
}

/** SQLite limits the depth of an expression, and reads a chain as one that leans to a side. */
function balanced(parts: readonly Sql[], operator: string, none: Sql): Sql {
  const [first] = parts;
  if (first === undefined) return none;
  if (parts.length === 1) return first;
  const half = Math.ceil(parts.length / 2);
  const left = balanced(parts.slice(0, half), operator, none);
  const right = balanced(parts.slice(half), operator, none);
  return {
    text: `(${left.text}${operator}${right.text})`,
    values: [...left.values, ...right.values],
  };
}
