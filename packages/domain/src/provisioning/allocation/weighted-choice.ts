import { hashText } from "../../events/partition-key.ts";

export interface Weighted {
  readonly name: string;
  readonly weight: number;
}

/**
 * Spreads keys over the choices in proportion to their weights. Each choice draws a number that depends on the
 * key and its own name alone, and the highest wins: the same key always gets the same answer, and adding or
 * removing a choice moves only the keys that it gains or had. (weighted rendezvous hashing)
 */
export function weightedChoice<T extends Weighted>(
  key: string,
  choices: readonly T[],
): T | undefined {
  let best: { choice: T; score: number } | undefined;
  for (const choice of choices) {
    const score = choice.weight / -Math.log(uniform(`${key}\n${choice.name}`));
    if (best === undefined || score > best.score) best = { choice, score };
  }
  return best?.choice;
}

/** A number between 0 and 1, both excluded, that looks random. */
function uniform(text: string): number {
  const [high, low] = hashText(text);
  return ((high >>> 0) * 2 ** 21 + (low >>> 11) + 0.5) / 2 ** 53;
}
