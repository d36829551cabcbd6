import type { Expression } from "@larimar/domain";
import type { TwinPlace } from "../../twins/twin-place.ts";
import { placeOf } from "../scan/place-of.ts";

/** Holds of numbers at a place that are between two bounds; of nothing else. */
export interface NumberCondition {
  readonly place: TwinPlace;
  readonly min: number;
  readonly max: number;
  /** Whether the bounds themselves will do. */
  readonly takesMin: boolean;
  readonly takesMax: boolean;
}

/** Undefined for what does not compare a value of a twin with a number. */
export function numberCondition(expression: Expression): NumberCondition | undefined {
  if (expression.kind !== "compare") return undefined;
  const { operator, left, right } = expression;
  const isMirrored = left.kind !== "path";
  const place = placeOf(isMirrored ? right : left);
  const value = numberOf(isMirrored ? left : right);
  if (place === undefined || value === undefined) return undefined;
  const takesBound = operator === "=" || operator === "<=" || operator === ">=";
  const isLess = operator.startsWith("<") !== isMirrored;
  switch (operator) {
    case "!=":
      return undefined;
    case "=":
      return numberEquals(place, value);
    default:
      return {
        place,
        min: isLess ? -Infinity : value,
        max: isLess ? value : Infinity,
        takesMin: takesBound,
        takesMax: takesBound,
      };
  }
}

function numberOf(expression: Expression): number | undefined {
  switch (expression.kind) {
    case "literal":
      return typeof expression.value === "number" ? expression.value : undefined;
    case "negate": {
      const value = numberOf(expression.operand);
      return value === undefined ? undefined : -value;
    }
    default:
      return undefined;
  }
}

function numberEquals(place: TwinPlace, value: number): NumberCondition {
  return { place, min: value, max: value, takesMin: true, takesMax: true };
}

/** NaN, which stands for no number, is neither more nor less than anything. */
export function isBetween(value: number, condition: NumberCondition): boolean {
  const { min, max, takesMin, takesMax } = condition;
  return (
    (value > min || (takesMin && value === min)) && (value < max || (takesMax && value === max))
  );
}
