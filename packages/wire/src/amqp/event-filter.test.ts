import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AmqpValue } from "./values/amqp-value.ts";
import { parseEventFilter, parseSelector } from "./event-filter.ts";

describe("a filter expression", () => {
  const position = (value: number, isInclusive: boolean) => ({
    kind: "position",
    position: value,
    isInclusive,
  });
  const time = (timeMs: number, isInclusive: boolean) => ({ kind: "time", timeMs, isInclusive });

  test.each([
    ["amqp.annotation.x-opt-offset > '-1'", { kind: "earliest" }],
    ["amqp.annotation.x-opt-offset > '@latest'", { kind: "latest" }],
    ["amqp.annotation.x-opt-offset >= '@latest'", { kind: "latest" }],
    ["amqp.annotation.x-opt-offset > '123'", position(123, false)],
    ["amqp.annotation.x-opt-offset >= '123'", position(123, true)],
    ["amqp.annotation.x-opt-offset > 123", position(123, false)],
    ["amqp.annotation.x-opt-sequence-number > '10'", position(10, false)],
    ["amqp.annotation.x-opt-sequence-number >= '10'", position(10, true)],
    ["amqp.annotation.x-opt-sequence-number > '-1'", position(-1, false)],
    ["amqp.annotation.x-opt-enqueued-time > '1580000000000'", time(1_580_000_000_000, false)],
    ["amqp.annotation.x-opt-enqueued-time >= '1580000000000'", time(1_580_000_000_000, true)],
    ["amqp.annotation.x-opt-enqueuedtimeutc > 1580000000000", time(1_580_000_000_000, false)],
    ["amqp.annotation.x-opt-enqueued-time>'-62135596800000'", time(-62_135_596_800_000, false)],
    ["amqp.annotation.x-opt-enqueued-time > 1580000000000.75", time(1_580_000_000_000, false)],
  ])("%s says where to begin", (expression, start) => {
    expect(parseSelector(expression)).toEqual(start);
  });

  test.each([
    "",
    "amqp.annotation.x-opt-offset < '5'",
    "amqp.annotation.x-opt-offset > 'abc'",
    "amqp.annotation.x-opt-offset > '5' AND amqp.annotation.x-opt-offset > '6'",
    "amqp.annotation.x-opt-partition-key > '5'",
    "amqp.annotation.x-opt-sequence-number > '99999999999999999999'",
    "color = 'red'",
  ])("%j is not one of an event reader", (expression) => {
    expect(parseSelector(expression)).toBeUndefined();
  });

  test("is read whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseSelector(text);
        const start = parseSelector(`amqp.annotation.x-opt-offset > '${text}'`);
        expect(start === undefined || typeof start.kind === "string").toBe(true);
      }),
    );
  });
});

describe("a filter set", () => {
  const expression = "amqp.annotation.x-opt-offset > '7'";
  const described = (descriptor: AmqpValue): AmqpValue => ({
    kind: "described",
    descriptor,
    value: expression,
  });
  const start = { kind: "position", position: 7, isInclusive: false };

  test("is found by the code of its filter, by its name, or by its key", () => {
    const name = "apache.org:selector-filter:string";
    expect(parseEventFilter(new Map([["any", described(0x468c_0000_0004n)]]))).toEqual(start);
    expect(parseEventFilter(new Map([["any", described(name)]]))).toEqual(start);
    expect(parseEventFilter(new Map([[name, expression]]))).toEqual(start);
  });

  test("without a selector means the beginning", () => {
    expect(parseEventFilter(undefined)).toEqual({ kind: "earliest" });
    expect(parseEventFilter(new Map([["other", described("other:filter")]]))).toEqual({
      kind: "earliest",
    });
  });

  test("with a selector that is no text is not understood", () => {
    expect(parseEventFilter(new Map([["apache.org:selector-filter:string", 5]]))).toBeUndefined();
  });
});
