import { describe, expect, test } from "vitest";
import { evaluateQuery } from "./evaluation/evaluate-query.ts";
import { parseQuery } from "./language/parse-query.ts";
import { EXAMPLE_DEVICES } from "./worked-examples.fixture.ts";

function run(text: string) {
  return evaluateQuery(parseQuery(text), EXAMPLE_DEVICES);
}

describe("a condition of the reference", () => {
  test.each([
    ["tags.site = 'N'", "a1 a2"],
    ["tags.site != 'N'", "b1"],
    ["NOT (tags.site = 'N')", "b1"],
    ["not tags.site = 'N'", "b1"],
    ["NOT is_defined(tags.site)", "b2"],
    ["properties.reported.batt > 20", "a1"],
    ["properties.reported.batt = '80'", "b1"],
    ["properties.reported.fw IN ['1.2','1.3']", "a1 a2"],
    ["tags.site NIN ['N']", "b1"],
    ["tags.site NOT IN ['N']", "b1"],
    ["tags.[[group]] = 'g1'", "a1"],
    ["properties.reported.net = properties.reported.net", ""],
    ["properties.desired.$version >= 2 AND status = 'enabled'", "a1"],
    ["STARTSWITH(devices.deviceId, 'a')", "a1 a2"],
    ["STARTSWITH(id, 'b')", "b1 b2"],
    ["connectionState = 'connected'", ""],
    ["properties.reported.batt", ""],
    ["true", "a1 a2 b1 b2"],
    ["configurations.[[c1]].status='Applied'", "a1"],
    ["(tags.site='N' OR tags.site='S') AND properties.reported.batt + 5 > 20", "a1"],
    ["undefined OR tags.site='N'", "a1 a2"],
  ])("%s finds %j", (condition, expected) => {
    const rows = run(`SELECT * FROM devices WHERE ${condition}`);
    expect(rows.map((row) => row["deviceId"])).toEqual(expected.split(" ").filter(Boolean));
  });
});

describe("a selection of the reference", () => {
  test.each([
    [
      "select deviceId from devices where tags.site = 'N'",
      [{ deviceId: "a1" }, { deviceId: "a2" }],
    ],
    ["SELECT COUNT() AS n FROM devices", [{ n: 4 }]],
    ["SELECT COUNT() AS n FROM devices WHERE tags.site='X'", [{ n: 0 }]],
    [
      "SELECT tags.site AS site, COUNT() AS n FROM devices GROUP BY tags.site",
      [{ site: "N", n: 2 }, { site: "S", n: 1 }, { n: 1 }],
    ],
    ["SELECT AVG(properties.reported.batt) AS x FROM devices", [{ x: 33.5 }]],
    ["SELECT TOP 1 deviceId FROM devices WHERE status='enabled'", [{ deviceId: "a1" }]],
    [
      "SELECT DeviceId, LastActivityTime FROM devices WHERE deviceId = 'a1'",
      [{ deviceId: "a1", lastActivityTime: "0001-01-01T00:00:00Z" }],
    ],
    ["SELECT properties.reported.net.type FROM devices WHERE deviceId='a2'", [{}]],
  ])("%s", (text, expected) => {
    expect(run(text)).toEqual(expected);
  });
});

test.each([
  ["SELECT * FROM devices WHERE tags.group = 'g1'", "column 34"],
  ["SELECT * FROM devices ORDER BY deviceId", "ORDER"],
  ["SELECT deviceId FROM devices.jobs", "devices.jobs"],
])("%s of the reference is refused", (text, part) => {
  expect(() => parseQuery(text)).toThrow(part);
});
