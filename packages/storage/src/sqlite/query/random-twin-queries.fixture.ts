import fc from "fast-check";
import { queriesOver } from "./random-queries.fixture.ts";
import { anyKey } from "./random-twins.fixture.ts";

const ROOTS = ["tags", "properties.desired", "properties.reported", "configurations"];
export const TWIN_FIELDS = [
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

const anyValuePath = fc
  .tuple(
    fc.constantFrom(...ROOTS),
    fc.array(fc.oneof({ weight: 9, arbitrary: anyKey }, fc.constantFrom(0)), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([root, keys]) => [root, ...keys.map(segment)].join(""));

const anyTwinPath: fc.Arbitrary<string> = fc.oneof(fc.constantFrom(...TWIN_FIELDS), {
  weight: 2,
  arbitrary: anyValuePath,
});

export function segment(key: string | number): string {
  return typeof key === "number" ? `[${key}]` : `.[[${key}]]`;
}

const twinQueries = queriesOver({
  sources: ["devices", "devices.modules"],
  anyPath: anyTwinPath,
  anyValuePath,
});

export const anyPlainQuery = twinQueries.plain;
export const anyGroupedQuery = twinQueries.grouped;
export const anyEqualityQuery = twinQueries.equalities.map(
  (where) => `SELECT deviceId FROM devices WHERE ${where}`,
);
