import type { JsonObject } from "../json/json-value.ts";
import { sizeOf } from "../twins/twin-rules.ts";
import type { Setting } from "./settings.ts";
import { removeAt, setAt } from "./settings.ts";

/** What one configuration wants of a twin. */
export interface Claim {
  readonly id: string;
  readonly settings: readonly Setting[];
}

export interface SettingsPlan {
  readonly values: JsonObject;
  /** The claims of which something is in the values; others lost to higher ones, or find no room. */
  readonly applied: ReadonlySet<string>;
  /** Whether all found room. */
  readonly isWhole: boolean;
}

/**
 * What the desired properties become: settings that no claim wants any more go, and those of the claims come,
 * which are in order of precedence. Where two want the same place, the first wins; what it leaves is for the
 * next. When they do not all fit, the last ones wait.
 */
export function planSettings(
  values: JsonObject,
  {
    claims,
    former,
    sizeMax,
  }: {
    readonly claims: readonly Claim[];
    /** What was applied until now. */
    readonly former: readonly Setting[];
    readonly sizeMax: number;
  },
): SettingsPlan {
  const cleared = former.reduce(removeAt, values);
  const room = Math.max(sizeMax, sizeOf(values));
  for (let count = claims.length; count > 0; count--) {
    const fitting = claims.slice(0, count);
    const next = fitting
      .toReversed()
      .flatMap(({ settings }) => settings)
      .reduce(setAt, cleared);
    if (sizeOf(next) > room) continue;
    return { values: next, applied: winnersOf(fitting), isWhole: count === claims.length };
  }
  return { values: cleared, applied: new Set(), isWhole: claims.length === 0 };
}

function winnersOf(claims: readonly Claim[]): ReadonlySet<string> {
  const taken: (readonly string[])[] = [];
  const winners = new Set<string>();
  for (const { id, settings } of claims) {
    if (settings.some(({ path }) => !taken.some((other) => isPrefix(other, path)))) winners.add(id);
    taken.push(...settings.map(({ path }) => path));
  }
  return winners;
}

function isPrefix(prefix: readonly string[], path: readonly string[]): boolean {
  return prefix.length <= path.length && prefix.every((key, index) => key === path[index]);
}
