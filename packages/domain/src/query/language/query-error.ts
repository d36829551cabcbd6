import { HubError } from "../../errors/hub-error.ts";

/** A query that cannot be understood, and where in its text; lines and columns count from 1. */
export function queryError(text: string, position: number, problem: string): HubError {
  const before = text.slice(0, position).split("\n");
  const line = before.length;
  const column = (before.at(-1)?.length ?? 0) + 1;
  return new HubError(
    "ArgumentInvalid",
    `The query is not valid at line ${line}, column ${column}: ${problem}`,
    { line, column, position },
  );
}
