import type { StartPosition } from "@larimar/domain";
import type { AmqpMap, AmqpValue } from "./values/amqp-value.ts";
import { isDescribed } from "./values/amqp-value.ts";

/** Where a reader wants to begin: both the numeric and the symbolic name of the filter occur. */
const SELECTOR_CODE = 0x468c_0000_0004n;
const SELECTOR_NAME = "apache.org:selector-filter:string";

/**
 * The start position that a source's filter set asks for, the beginning without one. undefined for an
 * expression that means something else. (protocol reference: service-facing 5.4)
 */
export function parseEventFilter(filter: AmqpMap | undefined): StartPosition | undefined {
  const expression = filter === undefined ? undefined : findSelector(filter);
  return expression === undefined ? { kind: "earliest" } : parseSelector(expression);
}

function findSelector(filter: AmqpMap): string | undefined {
  for (const [name, value] of filter) {
    const isSelector = isDescribed(value)
      ? value.descriptor === SELECTOR_CODE || value.descriptor === SELECTOR_NAME
      : name === SELECTOR_NAME;
    if (isSelector) return textOf(isDescribed(value) ? value.value : value);
  }
  return undefined;
}

function textOf(value: AmqpValue): string {
  return typeof value === "string" ? value : "";
}

const SELECTOR = /^amqp\.annotation\.(x-opt-[a-z-]+) *(>=?) *(?:'([^']*)'|([^' ]+))$/;

/** `amqp.annotation.x-opt-offset > '12'` and its kin; numbers quoted or not. */
export function parseSelector(expression: string): StartPosition | undefined {
  const match = SELECTOR.exec(expression.trim());
  if (match === null) return undefined;
  const [, field, operator, quoted, bare] = match;
  const value = quoted ?? bare ?? "";
  const isInclusive = operator === ">=";
  switch (field) {
    case "x-opt-offset":
      if (value === "-1") return { kind: "earliest" };
      if (value === "@latest") return { kind: "latest" };
      return at(value, (position) => ({ kind: "position", position, isInclusive }));
    case "x-opt-sequence-number":
      return at(value, (position) => ({ kind: "position", position, isInclusive }));
    case "x-opt-enqueued-time":
    case "x-opt-enqueuedtimeutc":
      return at(value, (timeMs) => ({ kind: "time", timeMs, isInclusive }));
    default:
      return undefined;
  }
}

function at(text: string, start: (value: number) => StartPosition): StartPosition | undefined {
  if (!/^-?\d{1,16}(?:\.\d+)?$/.test(text)) return undefined;
  const value = Math.floor(Number(text));
  return Number.isSafeInteger(value) ? start(value) : undefined;
}
