import type { JsonValue } from "../../json/json-value.ts";
import type { ConditionError } from "./condition-error.ts";
import { rangeOf } from "./condition-error.ts";
import type { Expression } from "./expression.ts";
import type { RoutingFunction } from "./functions.ts";
import { FUNCTIONS } from "./functions.ts";
import { follow, parsePath, twinMember } from "./json-path.ts";
import { applyBinary, negate, not, typeOfBinary } from "./operators.ts";
import { parseCondition } from "./parse-condition.ts";
import type { RoutedMessage, StaticType, Value } from "./value.ts";
import { defined, valueOf } from "./value.ts";

/** Longer conditions are refused. */
const CONDITION_LENGTH_MAX = 16 * 1024;

/** What a condition looks at, so that nobody parses a body or reads a twin for nothing. */
export interface ConditionNeeds {
  readonly body: boolean;
  readonly twin: boolean;
}

export interface Condition {
  readonly needs: ConditionNeeds;
  /** True selects the message; undefined is neither yes nor no, and does not. */
  evaluate(message: RoutedMessage): boolean | undefined;
}

export type Compiled =
  | { readonly isValid: true; readonly condition: Condition }
  | { readonly isValid: false; readonly errors: readonly ConditionError[] };

export interface CompileOptions {
  /** Only twin changes can be asked for what they include. */
  readonly isTwinChange: boolean;
}

/** A condition of the routing language. (protocol reference: routing 3 to 5) */
export function compileCondition(text: string, options: CompileOptions): Compiled {
  if (text.length > CONDITION_LENGTH_MAX) {
    const message = `A condition has at most ${CONDITION_LENGTH_MAX} characters`;
    const location = rangeOf(text, 0, text.length);
    return { isValid: false, errors: [{ message, severity: "error", location }] };
  }
  const parsed = parseCondition(text);
  if (!parsed.isValid) return { isValid: false, errors: [parsed.error] };
  const compiler = new Compiler(text, options);
  const { evaluate } =
    parsed.expression === undefined ? UNDEFINED : compiler.compile(parsed.expression);
  if (compiler.errors.length > 0) return { isValid: false, errors: compiler.errors };
  return {
    isValid: true,
    condition: {
      needs: compiler.needs,
      evaluate(message) {
        const value = evaluate(message);
        if (typeof value === "boolean") return value;
        return value === null ? false : undefined;
      },
    },
  };
}

interface Node {
  readonly type: StaticType;
  readonly evaluate: (message: RoutedMessage) => Value;
  /** Where a value comes out of a document, what is there: objects and arrays too. */
  readonly json?: (message: RoutedMessage) => JsonValue | undefined;
}

const UNDEFINED: Node = { type: "undefined", evaluate: () => undefined };
/** Cannot be addressed, but is no mistake either. */
const NOTHING: Node = { type: "dynamic", evaluate: () => undefined };

class Compiler {
  readonly needs = { body: false, twin: false };
  readonly errors: ConditionError[] = [];
  readonly #text: string;
  readonly #options: CompileOptions;

  constructor(text: string, options: CompileOptions) {
    this.#text = text;
    this.#options = options;
  }

  compile(expression: Expression): Node {
    switch (expression.kind) {
      case "literal":
        return literal(expression.value);
      case "property": {
        const { name } = expression;
        return { type: "string", evaluate: (message) => message.application(name) };
      }
      case "system":
        return this.#system(expression);
      case "call":
        return this.#call(expression);
      case "unary":
        return this.#unary(expression);
      case "binary":
        return this.#binary(expression);
    }
  }

  #system(expression: Expression & { kind: "system" }): Node {
    const { path, isBraced } = expression;
    const inside = this.#document(expression);
    const own = `$${path}`;
    const node: Node = inside ?? { type: "string", evaluate: (message) => message.system(path) };
    if (isBraced) return node;
    return { ...node, evaluate: (message) => message.application(own) ?? node.evaluate(message) };
  }

  /** `$body.path` and `$twin.path`; undefined for anything else. */
  #document(expression: Expression & { kind: "system" }): Node | undefined {
    const match = /^(body|twin)(?=$|[.[])\.?(.*)$/is.exec(expression.path);
    if (match === null) return undefined;
    const document = match[1]!.toLowerCase() as "body" | "twin";
    const rest = match[2]!;
    if (rest === "" && !expression.path.endsWith(".")) return NOTHING;
    if (rest.startsWith("[")) return NOTHING;
    const steps = parsePath(rest);
    if (steps === undefined) return this.#fail(`'$${expression.path}' is no path`, expression);
    this.needs[document] = true;
    const find = document === "twin" ? twinMember : undefined;
    const json = (message: RoutedMessage) => follow(message[document], steps, find);
    return { type: "dynamic", json, evaluate: (message) => valueOf(json(message)) };
  }

  #unary(expression: Expression & { kind: "unary" }): Node {
    const { operator } = expression;
    const { type, evaluate } = this.compile(expression.operand);
    if (operator === "-") {
      if (type !== "number" && type !== "dynamic")
        return this.#misfit(operator, [type], expression);
      return { type: "number", evaluate: (message) => negate(evaluate(message)) };
    }
    if (type !== "bool" && type !== "null" && type !== "dynamic") {
      return this.#misfit(operator, [type], expression);
    }
    return { type: "bool", evaluate: (message) => not(evaluate(message)) };
  }

  #binary(expression: Expression & { kind: "binary" }): Node {
    const { operator } = expression;
    const left = this.compile(expression.left);
    const right = this.compile(expression.right);
    const type = typeOfBinary(operator, left.type, right.type);
    if (type === undefined) return this.#misfit(operator, [left.type, right.type], expression);
    return {
      type,
      evaluate: (message) => applyBinary(operator, left.evaluate(message), right.evaluate(message)),
    };
  }

  #call(expression: Expression & { kind: "call" }): Node {
    const name = expression.name.toUpperCase();
    if (name === "TWIN_CHANGE_INCLUDES") return this.#twinChangeIncludes(expression);
    const known = FUNCTIONS.get(name);
    if (known === undefined) {
      return this.#fail(`There is no function '${expression.name}'`, expression);
    }
    const nodes = expression.arguments.map((argument) => this.compile(argument));
    if (!takes(known, nodes)) {
      const found = nodes.map(({ type }) => type).join(", ");
      const wanted = known.parameters.join(", ");
      return this.#fail(
        `'${expression.name}' takes (${wanted}${known.isVariadic ? ", …" : ""}), not (${found})`,
        expression,
      );
    }
    return {
      type: known.result,
      evaluate: (message) =>
        defined(
          known.apply(
            nodes.map((node) => {
              const value = node.evaluate(message);
              return { value, json: node.json === undefined ? value : node.json(message) };
            }),
          ),
        ),
    };
  }

  #twinChangeIncludes(expression: Expression & { kind: "call" }): Node {
    if (!this.#options.isTwinChange) {
      return this.#fail(`Only routes of twin changes can use '${expression.name}'`, expression);
    }
    const [argument, ...others] = expression.arguments;
    const path = argument?.kind === "property" ? argument.name : "";
    const steps = parsePath(path);
    const isPath = /^(?:properties\.(?:reported|desired)|tags)\../.test(path);
    if (others.length > 0 || !isPath || steps === undefined) {
      return this.#fail(`'${expression.name}' takes the path of a property or tag`, expression);
    }
    this.needs.body = true;
    return {
      type: "bool",
      evaluate: (message) => follow(message.body, steps) !== undefined,
    };
  }

  #misfit(operator: string, types: readonly StaticType[], expression: Expression): Node {
    return this.#fail(`'${operator}' does not take ${types.join(" and ")}`, expression);
  }

  #fail(message: string, { start, end }: Expression): Node {
    const location = rangeOf(this.#text, start, end);
    this.errors.push({ message, severity: "error", location });
    return UNDEFINED;
  }
}

function literal(value: Value): Node {
  return { type: typeOfLiteral(value), evaluate: () => value };
}

function typeOfLiteral(value: Value): StaticType {
  if (value === null) return "null";
  const type = typeof value;
  return type === "boolean" ? "bool" : (type as "string" | "number" | "undefined");
}

function takes(known: RoutingFunction, nodes: readonly Node[]): boolean {
  const { parameters, optional = 0, isVariadic = false } = known;
  if (nodes.length < parameters.length - optional) return false;
  if (nodes.length > parameters.length && !isVariadic) return false;
  return nodes.every(({ type }, i) => {
    const parameter = parameters[Math.min(i, parameters.length - 1)]!;
    if (parameter === "any" || type === "dynamic") return true;
    return parameter === "stringOrNumber"
      ? type === "string" || type === "number"
      : type === parameter;
  });
}
