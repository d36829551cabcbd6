import fc from "fast-check";
import { anyKey, anyNumber, anyText } from "./random-twins.fixture.ts";

/** Texts of queries, with the grammar's own precedence left to parentheses. */
const anyLiteral: fc.Arbitrary<string> = fc.oneof(
  anyText.map(quote),
  anyNumber.map((number) => (number < 0 ? `(${number})` : String(number))),
  fc.constantFrom("true", "false", "null", "undefined"),
);

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

const ROOTS = ["tags", "properties.desired", "properties.reported", "configurations"];
const FIELDS = [
  "deviceId",
  "moduleId",
  "modelId",
  "etag",
  "deviceEtag",
  "version",
  "status",
  "statusReason",
  "statusUpdateTime",
  "connectionState",
  "lastActivityTime",
  "cloudToDeviceMessageCount",
  "authenticationType",
  "x509Thumbprint.primaryThumbprint",
  "x509Thumbprint.secondaryThumbprint",
  "x509Thumbprint",
  "capabilities",
  "capabilities.iotEdge",
  "deviceScope",
  "parentScopes",
  "parentScopes[0]",
  "tags",
  "properties",
  "properties.desired",
  "properties.desired.$version",
  "properties.reported.$metadata.$lastUpdated",
  "configurations",
  "configurations.a.status",
  "unknown.field",
];

const anyPath: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...FIELDS),
  fc
    .tuple(
      fc.constantFrom(...ROOTS),
      anyKey,
      fc.array(fc.oneof(anyKey, fc.constantFrom(0, 1)), { maxLength: 2 }),
    )
    .map(([root, first, rest]) => [root, segment(first), ...rest.map(segment)].join("")),
);

function segment(key: string | number): string {
  return typeof key === "number" ? `[${key}]` : `.[[${key}]]`;
}

const anyList = fc
  .array(
    anyLiteral.filter((text) => !text.startsWith("(")),
    { minLength: 1, maxLength: 4 },
  )
  .map((items) => `[${items.join(", ")}]`);

const { condition } = fc.letrec<{ value: string; condition: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    anyPath,
    anyLiteral,
    fc
      .tuple(tie("value"), fc.constantFrom("+", "-", "*", "/", "%"), tie("value"))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie("value").map((value) => `(-${value})`),
    tie("condition").map((inner) => `(${inner})`),
  ),
  condition: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc
      .tuple(tie("value"), fc.constantFrom("=", "!=", "<>", "<", "<=", ">", ">="), tie("value"))
      .map(([left, operator, right]) => `${left} ${operator} ${right}`),
    anyPath,
    fc
      .tuple(tie("value"), fc.constantFrom("IN", "NIN", "NOT IN"), anyList)
      .map(([value, operator, list]) => `${value} ${operator} ${list}`),
    fc
      .tuple(
        fc.constantFrom(
          ...["DEFINED", "NULL", "BOOL", "NUMBER", "STRING", "ARRAY", "OBJECT", "PRIMITIVE"],
        ),
        tie("value"),
      )
      .map(([name, value]) => `IS_${name}(${value})`),
    fc
      .tuple(
        fc.constantFrom("STARTSWITH", "ENDSWITH", "CONTAINS", "ARRAY_CONTAINS"),
        tie("value"),
        tie("value"),
      )
      .map(([name, one, other]) => `${name}(${one}, ${other})`),
    tie("condition").map((inner) => `NOT (${inner})`),
    fc
      .tuple(tie("condition"), fc.constantFrom("AND", "OR"), tie("condition"))
      .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
  ),
}));

const anyAggregate = fc
  .tuple(fc.constantFrom("COUNT", "AVG", "SUM", "MIN", "MAX"), anyPath)
  .map(([name, path]) => (name === "COUNT" ? "COUNT()" : `${name}(${path})`));

const anySource = fc.constantFrom("devices", "devices.modules");

export const anyPlainQuery = fc
  .record({ source: anySource, paths: fc.array(anyPath, { maxLength: 3 }), where: condition })
  .map(({ source, paths, where }) => {
    const selection = paths.map((path, index) => `${path} AS p${index}`).join(", ") || "*";
    return `SELECT ${selection} FROM ${source} WHERE ${where}`;
  });

export const anyGroupedQuery = fc
  .record({
    source: anySource,
    keys: fc.uniqueArray(anyPath, { maxLength: 2 }),
    aggregates: fc.array(anyAggregate, { minLength: 1, maxLength: 3 }),
    where: fc.option(condition, { nil: "true" }),
  })
  .map(({ source, keys, aggregates, where }) => {
    const selection = [
      ...keys.map((path, index) => `${path} AS k${index}`),
      ...aggregates.map((aggregate, index) => `${aggregate} AS a${index}`),
    ].join(", ");
    const groupBy = keys.length > 0 ? ` GROUP BY ${keys.join(", ")}` : "";
    return `SELECT ${selection} FROM ${source} WHERE ${where}${groupBy}`;
  });
