import type { Value } from "./value.ts";

/** Where an expression stands in the text. */
interface Placed {
  readonly start: number;
  readonly end: number;
}

export type BinaryOperator =
  | "*"
  | "/"
  | "%"
  | "+"
  | "-"
  | "||"
  | "<"
  | "<="
  | ">"
  | ">="
  | "="
  | "!="
  | "AND"
  | "OR"
  | "??";

export type Expression = Placed &
  (
    | { readonly kind: "literal"; readonly value: Value }
    | { readonly kind: "property"; readonly name: string }
    /** `$name`: an application property of that name wins, unless braces are around it. */
    | { readonly kind: "system"; readonly path: string; readonly isBraced: boolean }
    | { readonly kind: "call"; readonly name: string; readonly arguments: readonly Expression[] }
    | { readonly kind: "unary"; readonly operator: "-" | "NOT"; readonly operand: Expression }
    | {
        readonly kind: "binary";
        readonly operator: BinaryOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
  );
