/** Lines and columns count from 1; the end is the first place that is no part of it any more. */
export interface TextRange {
  readonly start: TextPlace;
  readonly end: TextPlace;
}

export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

export interface ConditionError {
  readonly message: string;
  readonly severity: "error";
  readonly location: TextRange;
}

export function rangeOf(text: string, start: number, end: number): TextRange {
  return { start: placeOf(text, start), end: placeOf(text, end) };
}

function placeOf(text: string, at: number): TextPlace {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: at - lineStart + 1 };
}
