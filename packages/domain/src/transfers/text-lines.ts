import { HubError } from "../errors/hub-error.ts";

/** In characters. A longer line is refused with ArgumentInvalid. */
export const LINE_LENGTH_MAX = 1_048_576;

/** Clients on other systems look into these files too. */
export const LINE_END = "\r\n";

export interface TextLine {
  readonly text: string;
  /** Counts from 1. */
  readonly number: number;
}

/** Lines that are not blank, whatever ends them. */
export async function* readLines(chunks: AsyncIterable<string>): AsyncGenerator<TextLine> {
  let rest = "";
  let number = 0;
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      number += 1;
      if (line.trim() !== "") yield { text: line.trim(), number };
    }
    if (rest.length > LINE_LENGTH_MAX) {
      throw new HubError("ArgumentInvalid", `Line ${number + 1} is longer than ${LINE_LENGTH_MAX}`);
    }
  }
  if (rest.trim() !== "") yield { text: rest.trim(), number: number + 1 };
}
