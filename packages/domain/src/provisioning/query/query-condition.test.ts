import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProvisioningError } from "../provisioning-error.ts";
import type { QueryValue } from "./query-condition.ts";
import { readQuery } from "./query-condition.ts";

const fields = new Map<string, QueryValue>([
  ["registrationid", "Dev-1"],
  ["provisioningstatus", "enabled"],
  ["attestation.type", "tpm"],
  ["capabilities.iotedge", true],
]);

function matches(text: string): boolean {
  return readQuery(text)((path) => fields.get(path));
}

describe("a query", () => {
  test.each([
    "select * from enrollments",
    "SELECT  *  FROM  whatever ",
    "SELECT registrationId, deviceId FROM enrollments",
    "select * from enrollments group by deviceId",
    "SELECT * FROM enrollments WHERE registrationId = 'dev-1'",
    'SELECT * FROM enrollments WHERE registrationId = "DEV-1"',
    "SELECT * FROM enrollments WHERE `dev-1` = registrationID",
    "select * from e where provisioningStatus = 'enabled' and attestation.type = 'tpm'",
    "select * from e where registrationId = 'x' or attestation.type = 'tpm'",
    "select * from e where not registrationId = 'x'",
    "select * from e where registrationId <> 'x' order by registrationId",
    "select * from e where (registrationId = 'x' or registrationId = 'dev-1') and capabilities.iotEdge = true",
  ])("finds with %s", (text) => {
    expect(matches(text)).toBe(true);
  });

  test.each([
    "select * from e where registrationId = 'dev-2'",
    "select * from e where registrationId != 'dev-1'",
    "select * from e where registrationId = 'x' or attestation.type = 'tpm' and deviceId = 'd'",
    "select * from e where capabilities.iotEdge = 'true'",
    "select * from e where unknown = 'x'",
    "select * from e where unknown != 'x'",
  ])("does not find with %s", (text) => {
    expect(matches(text)).toBe(false);
  });

  test.each([
    "",
    "delete from enrollments",
    "select from enrollments",
    "select *",
    "select * from",
    "select * from e where",
    "select * from e where registrationId",
    "select * from e where registrationId = ",
    "select * from e where registrationId > 'a'",
    "select * from e where (registrationId = 'a'",
    "select * from e where registrationId = 'a' 'b'",
    "select * from e where registrationId = 'a",
    "select * from e; drop table e",
    `select * from e where ${"(".repeat(100)}registrationId = 'a'${")".repeat(100)}`,
  ])("cannot be read when it is %j", (text) => {
    expect(() => readQuery(text)).toThrow(ProvisioningError);
  });

  test("is read or refused, whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const query of [text, `select * from e where ${text}`]) {
          try {
            readQuery(query)((path) => fields.get(path));
          } catch (error) {
            expect(error).toBeInstanceOf(ProvisioningError);
          }
        }
      }),
    );
  });

  test("compares with exactly the text between its quotes", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const quoted = value.replaceAll("'", "''");
        const condition = readQuery(`select * from e where registrationId = '${quoted}'`);
        expect(condition(() => value)).toBe(true);
        expect(condition(() => `${value}x`)).toBe(false);
      }),
    );
  });
});
