import { expect, test } from "vitest";
import type { JsonValue } from "../../json/json-value.ts";
import { compileCondition } from "./compile-condition.ts";
import type { RoutedMessage } from "./value.ts";

interface Example {
  readonly isTwinChange: boolean;
  readonly system: Record<string, string>;
  readonly application: Record<string, string>;
  readonly body: JsonValue | undefined;
  readonly twin: JsonValue | undefined;
}

const TELEMETRY: Example = {
  isTwinChange: false,
  system: {
    contentType: "application/json",
    contentEncoding: "utf-8",
    connectionDeviceId: "press-07",
    messageId: "m-1",
    enqueuedTime: "2024-05-01T10:00:00.000Z",
  },
  application: { level: "3", kind: "alarm", Zone: "B", $messageId: "shadow", note: "" },
  body: {
    t: 71.5,
    n: -4,
    ok: true,
    off: false,
    tag: "Pump",
    nil: null,
    arr: [5, 10, 15],
    obj: { a: 1 },
    list: [{ k: "v1" }, { k: "v2" }],
    num: "71.5",
  },
  twin: {
    tags: { plant: "K1", floor: "2" },
    properties: { desired: { limit: 70 }, reported: { fw: "2.1", cnt: 5 } },
  },
};
const NOT_JSON: Example = {
  isTwinChange: false,
  system: { connectionDeviceId: "raw-1" },
  application: { kind: "alarm" },
  body: undefined,
  twin: undefined,
};
const TWIN_CHANGE: Example = {
  isTwinChange: true,
  system: { contentType: "application/json", contentEncoding: "utf-8" },
  application: { opType: "updateTwin", deviceId: "press-07" },
  body: { version: 5, properties: { reported: { fw: "2.2", $version: 9 } } },
  twin: undefined,
};

const EXAMPLES: readonly (readonly [Example, string, boolean | "error" | undefined])[] = [
  [TELEMETRY, "kind = 'alarm'", true],
  [TELEMETRY, "KIND = 'alarm'", true],
  [TELEMETRY, "kind = 'Alarm'", false],
  [TELEMETRY, "kind = \"alarm\" AND Zone = 'B'", true],
  [TELEMETRY, "missing = 'x'", undefined],
  [TELEMETRY, "missing <> 'x'", undefined],
  [TELEMETRY, "NOT (missing = 'x')", undefined],
  [TELEMETRY, "missing = 'x' OR kind = 'alarm'", true],
  [TELEMETRY, "missing = 'x' AND kind = 'test'", false],
  [TELEMETRY, "level > 2", "error"],
  [TELEMETRY, "as_number(level) > 2", true],
  [TELEMETRY, "level > '2'", true],
  [TELEMETRY, "as_number(kind) > 2", undefined],
  [TELEMETRY, "as_number(' 1,000 ') = 1000", true],
  [TELEMETRY, "level = null", "error"],
  [TELEMETRY, "is_null(level)", false],
  [TELEMETRY, "is_defined(level)", true],
  [TELEMETRY, "is_defined(missing)", false],
  [TELEMETRY, "note = ''", true],
  [TELEMETRY, "length(note) = 0", true],
  [TELEMETRY, "(missing ?? 'none') = 'none'", true],
  [TELEMETRY, "missing ?? 'none' = 'none'", "error"],
  [TELEMETRY, "$connectionDeviceId = 'press-07'", true],
  [TELEMETRY, "$CONNECTIONDEVICEID = 'press-07'", true],
  [TELEMETRY, "starts_with($connectionDeviceId, 'press-')", true],
  [TELEMETRY, "STARTSWITH($connectionDeviceId, 'press-')", "error"],
  [TELEMETRY, "$messageId = 'shadow'", true],
  [TELEMETRY, "{$messageId} = 'm-1'", true],
  [TELEMETRY, "$enqueuedTime > '2024-04-30'", true],
  [TELEMETRY, "$contentType = 'application/JSON'", false],
  [TELEMETRY, "lower($contentType) = 'application/json'", true],
  [TELEMETRY, "$body.t > 70", true],
  [TELEMETRY, "$body.t > 70 AND kind = 'alarm'", true],
  [TELEMETRY, "kind = 'alarm' AND $body.ok", true],
  [TELEMETRY, "$body.ok", true],
  [TELEMETRY, "NOT $body.off", true],
  [TELEMETRY, "$body.t", undefined],
  [TELEMETRY, "$body.num = 71.5", false],
  [TELEMETRY, "$body.num <> 71.5", true],
  [TELEMETRY, "as_number($body.num) = 71.5", true],
  [TELEMETRY, "$body.num > 1000", true],
  [TELEMETRY, "$body.tag = 'Pump'", true],
  [TELEMETRY, "$body.TAG = 'Pump'", undefined],
  [TELEMETRY, "$BODY.tag = 'Pump'", true],
  [TELEMETRY, "$body.arr[1] = 10", true],
  [TELEMETRY, "$body.arr[9] = 10", undefined],
  [TELEMETRY, "$body.arr[0] + $body.arr[1] = $body.arr[2]", true],
  [TELEMETRY, "$body.list[1].k = 'v2'", true],
  [TELEMETRY, "$body.obj.a = 1", true],
  [TELEMETRY, "$body.obj = 1", undefined],
  [TELEMETRY, "is_defined($body.obj)", false],
  [TELEMETRY, "is_defined($body.missing)", false],
  [TELEMETRY, "$body.nil = null", true],
  [TELEMETRY, "is_null($body.nil)", true],
  [TELEMETRY, "$body.missing = null", undefined],
  [TELEMETRY, "$body.missing <> 'x'", undefined],
  [TELEMETRY, "$body.t <> null", true],
  [TELEMETRY, "$body[0] = 1", undefined],
  [TELEMETRY, "$body.arr[] = 1", "error"],
  [TELEMETRY, "$body", undefined],
  [TELEMETRY, "abs($body.n) = 4", true],
  [TELEMETRY, "power($body.arr[0], 2) = 25", true],
  [TELEMETRY, "square(3) = 9 AND sqrt(9) = 3", true],
  [TELEMETRY, "ceiling(2.1) = 3 AND floor(-2.1) = -3 AND sign(-9) = -1", true],
  [TELEMETRY, "sqrt(-1) = 1", undefined],
  [TELEMETRY, "1 / 0 > 5", true],
  [TELEMETRY, "is_number(1 / 0)", false],
  [TELEMETRY, "7 % 4 = 3", true],
  [TELEMETRY, "7 % 0 = 0", undefined],
  [TELEMETRY, "exp(0) = 1", true],
  [TELEMETRY, "concat(kind, '-', Zone) = 'alarm-B'", true],
  [TELEMETRY, "kind || '-' || Zone = 'alarm-B'", true],
  [TELEMETRY, "concat(kind) = 'alarm'", "error"],
  [TELEMETRY, "substring(kind, 1) = 'larm'", true],
  [TELEMETRY, "substring(kind, 1, 2) = 'la'", true],
  [TELEMETRY, "substring(kind, 5) = ''", true],
  [TELEMETRY, "substring(kind, 5, 0) = ''", undefined],
  [TELEMETRY, "substring(kind, 9) = 'x'", undefined],
  [TELEMETRY, "index_of(kind, 'arm') = 2", true],
  [TELEMETRY, "index_of(kind, 'z') = -1", true],
  [TELEMETRY, "contains($body.tag, 'um') AND ends_with(kind, 'rm')", true],
  [TELEMETRY, "upper($body.tag) = 'PUMP'", true],
  [TELEMETRY, "length(5) = 1", "error"],
  [TELEMETRY, "2 + 3 * 4 = 14", true],
  [TELEMETRY, "2+3 = 5", "error"],
  [TELEMETRY, "level!='4'", undefined],
  [TELEMETRY, "level != '4'", true],
  [TELEMETRY, "0x1F = 31", true],
  [TELEMETRY, "kind = 'al\\u0061rm'", true],
  [TELEMETRY, "kind = 'alarm", "error"],
  [TELEMETRY, "kind == 'alarm'", "error"],
  [TELEMETRY, "NOT kind = 'alarm'", "error"],
  [TELEMETRY, "true", true],
  [TELEMETRY, "", undefined],
  [TELEMETRY, "1", undefined],
  [TELEMETRY, "null", false],
  [TELEMETRY, "TRUE", undefined],
  [TELEMETRY, "kind = 'alarm' /* note */", true],
  [TELEMETRY, "true OR missing = 'x'", true],
  [TELEMETRY, "false AND missing = 'x'", false],
  [TELEMETRY, "null OR true", true],
  [TELEMETRY, "twin_change_includes(properties.reported.fw)", "error"],
  [TELEMETRY, "$twin.tags.plant = 'K1'", true],
  [TELEMETRY, "$twin.tags.floor = 2", false],
  [TELEMETRY, "$twin.tags.floor = '2'", true],
  [TELEMETRY, "$twin.properties.reported.cnt >= 5", true],
  [TELEMETRY, "$twin.tags.gone = 'x'", undefined],
  [TELEMETRY, "$body.t > $twin.properties.desired.limit", true],
  [NOT_JSON, "kind = 'alarm'", true],
  [NOT_JSON, "$body.t > 70", undefined],
  [NOT_JSON, "NOT ($body.t > 70)", undefined],
  [NOT_JSON, "is_defined($body.t)", false],
  [NOT_JSON, "$body.t > 70 OR kind = 'alarm'", true],
  [TWIN_CHANGE, "twin_change_includes(properties.reported.fw)", true],
  [TWIN_CHANGE, "twin_change_includes(tags.plant)", false],
  [TWIN_CHANGE, "twin_change_includes(version)", "error"],
  [TWIN_CHANGE, "$body.properties.reported.fw = '2.2'", true],
  [TWIN_CHANGE, "is_defined($body.properties.desired.limit)", false],
  [TWIN_CHANGE, "opType = 'updateTwin' AND deviceId = 'press-07'", true],
];

test.each(EXAMPLES)("%#: `%2$s` comes to %3$s", (example, text, expected) => {
  const compiled = compileCondition(text, { isTwinChange: example.isTwinChange });
  expect(compiled.isValid ? compiled.condition.evaluate(routed(example)) : "error").toBe(expected);
});

test.each([
  ["kind = 'alarm' AND level > 2", [1, 20], [1, 29]],
  ["kind =\n  nope(1)", [2, 3], [2, 10]],
  ["(kind = 'a'", [1, 1], [1, 2]],
  ["kind = 'alarm", [1, 8], [1, 14]],
  ["$body.arr[] = 1", [1, 1], [1, 12]],
  ["kind = 'a' )", [1, 12], [1, 13]],
])("a mistake is shown where it is: %s", (text, start, end) => {
  const compiled = compileCondition(text, { isTwinChange: false });
  if (compiled.isValid) throw new Error("compiled");
  const { location } = compiled.errors[0]!;
  expect([location.start.line, location.start.column]).toEqual(start);
  expect([location.end.line, location.end.column]).toEqual(end);
});

test("what is nested too deep, or is too long, is refused", () => {
  const deep = `${"(".repeat(5000)}true${")".repeat(5000)}`;
  const negated = `${"NOT ".repeat(4000)}true`;
  const long = `true OR ${"true OR ".repeat(4000)}true`;
  for (const text of [deep, negated, long]) {
    expect(compileCondition(text, { isTwinChange: false }).isValid).toBe(false);
  }
});

test("a condition says what it looks at", () => {
  const needs = (text: string) => {
    const compiled = compileCondition(text, { isTwinChange: false });
    return compiled.isValid ? compiled.condition.needs : undefined;
  };
  expect(needs("kind = 'a'")).toEqual({ body: false, twin: false });
  expect(needs("$body.t > 1")).toEqual({ body: true, twin: false });
  expect(needs("kind = 'a' OR $twin.tags.t = 1")).toEqual({ body: false, twin: true });
});

function routed({ application, system, body, twin }: Example): RoutedMessage {
  return {
    application: (name) => withoutCase(application, name),
    system: (name) => withoutCase(system, name),
    body,
    twin,
  };
}

function withoutCase(of: Record<string, string>, name: string): string | undefined {
  const key = Object.keys(of).find((other) => other.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : of[key];
}
