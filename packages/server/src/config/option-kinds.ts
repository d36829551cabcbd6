import { z } from "zod";

// Flags and the environment bring texts, a config file brings JSON: each kind of option reads both.

export function text(): z.ZodString {
  const error = "must be a text that is not empty";
  return z.string(error).min(1, error);
}

export function toggle() {
  return z.preprocess(
    (value) => TOGGLES.get(typeof value === "string" ? value.toLowerCase() : value) ?? value,
    z.boolean("must be true or false").default(false),
  );
}

const TOGGLES = new Map<unknown, boolean>([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

export function number(range: { min: number; max: number; isWhole?: boolean }) {
  const { min, max, isWhole = false } = range;
  const error = `must be a ${isWhole ? "whole " : ""}number from ${min} to ${max}`;
  const inRange = z.number(error).min(min, error).max(max, error);
  return z.preprocess(
    (value) => (typeof value === "string" && DECIMAL.test(value) ? Number(value) : value),
    isWhole ? inRange.int(error) : inRange,
  );
}

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

const LIST_LENGTH_MAX = 1000;

/** A single value stands for a list of one, and a comma separates values in the environment. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.preprocess(
    (value) => (typeof value === "string" ? value.split(",").map((part) => part.trim()) : value),
    z
      .array(item, "must be a list")
      .min(1, "must name at least one")
      .max(LIST_LENGTH_MAX, `must name at most ${LIST_LENGTH_MAX}`),
  );
}
