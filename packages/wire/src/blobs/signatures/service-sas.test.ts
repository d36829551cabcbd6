import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildServiceSas, readServiceSas, serviceSasText } from "./service-sas.ts";

const accountName = "account";
const resource = { containerName: "uploads", blobName: "d1/a b.txt" };
const sign = (text: string) => createHmac("sha256", "key").update(text).digest("base64");

const fieldsOf = (query: string) => new Map(new URLSearchParams(query));
const valid = { sv: "2020-10-02", sr: "b", sp: "rw", se: "2030-01-01T00:00:00Z", sig: "s" };
const readFields = (fields: Record<string, string>) =>
  readServiceSas(new Map(Object.entries(fields)));
const read = (fields: Record<string, string>) => {
  const reading = readFields({ ...valid, ...fields });
  if (reading.kind === "invalid") throw new Error(reading.problem);
  return reading.value;
};

describe("a service SAS", () => {
  test("is a query that clients append as it is", () => {
    const expiresAtMs = Date.UTC(2030, 0, 2, 3, 4, 5, 678);
    const token = buildServiceSas({ accountName, resource, permissions: "rw", expiresAtMs, sign });
    expect(token).toMatch(/^\?sv=2020-10-02&sr=b&spr=https&se=2030-01-02T03%3A04%3A05Z&sp=rw&sig=/);
    expect(token).not.toMatch(/[+/\s]/);
  });

  test("means what it was made for", () => {
    const blobNames = fc.string({ minLength: 1, unit: "grapheme" });
    fc.assert(
      fc.property(blobNames, fc.integer({ min: 0, max: 4e9 }), (blobName, seconds) => {
        const named = { containerName: "uploads", blobName };
        const expiresAtMs = seconds * 1000;
        const request = { accountName, resource: named, permissions: "cw", expiresAtMs, sign };
        const reading = readServiceSas(fieldsOf(buildServiceSas(request)));
        if (reading.kind === "invalid") throw new Error(reading.problem);
        const { query, sas } = reading.value;
        expect(sas).toMatchObject({ permissions: ["create", "write"], expiresAtMs });
        const text = serviceSasText(query, { accountName, resource: named });
        expect(sas.signature).toBe(sign(text));
      }),
    );
  });

  test("signs one line more with each version that added one", () => {
    const linesOf = (sv: string) =>
      serviceSasText(read({ sv }).query, { accountName, resource }).split("\n");
    const before = ["rw", "", valid.se, "/blob/account/uploads/d1/a b.txt", "", "", ""];
    const after = ["", "", "", "", ""];
    expect(linesOf("2018-03-28")).toEqual([...before, "2018-03-28", ...after]);
    expect(linesOf("2018-11-09")).toEqual([...before, "2018-11-09", "b", "", ...after]);
    expect(linesOf("2020-12-06")).toEqual([...before, "2020-12-06", "b", "", "", ...after]);
  });

  test("signs everything it says", () => {
    const all = {
      st: "2029-01-01",
      sip: "192.0.2.1",
      spr: "https",
      ses: "scope",
      sv: "2021-12-02",
      rscc: "cache",
      rscd: "disposition",
      rsce: "encoding",
      rscl: "language",
      rsct: "type",
    };
    const text = serviceSasText(read(all).query, { accountName, resource });
    for (const value of Object.values(all)) expect(text.split("\n")).toContain(value);
  });

  test("of a container signs the container alone", () => {
    const { query } = read({ sr: "c" });
    const text = serviceSasText(query, { accountName, resource });
    expect(text.split("\n")[3]).toBe("/blob/account/uploads");
  });

  test("reads times with a day, minutes, seconds or fractions", () => {
    expect(read({ se: "2030-01-01" }).sas.expiresAtMs).toBe(Date.UTC(2030, 0, 1));
    expect(read({ se: "2030-01-01T10:20Z" }).sas.expiresAtMs).toBe(Date.UTC(2030, 0, 1, 10, 20));
    expect(read({ st: "2030-01-01T00:00:00.1234567Z" }).sas.startsAtMs).toBe(
      Date.UTC(2030, 0, 1, 0, 0, 0, 123),
    );
  });

  test("whose plus signs became spaces is still the same", () => {
    expect(read({ sig: "a b/c=" }).sas.signature).toBe("a+b/c=");
  });

  test.each([
    ["without a version", { sv: "" }, "sv is mandatory"],
    ["without a resource", { sr: "" }, "sr is mandatory"],
    ["without permissions", { sp: "" }, "sp is mandatory"],
    ["without an expiry", { se: "" }, "se is mandatory"],
    ["of a version from before", { sv: "2014-02-14" }, "sv is not known"],
    ["of no version", { sv: "newest" }, "sv is not known"],
    ["of a kind of resource that does not exist here", { sr: "d" }, "sr is neither b nor c"],
    ["with an expiry that is no time", { se: "soon" }, "se is not a time"],
    ["with an expiry that is no date", { se: "2030-13-45" }, "se is not a time"],
    ["with a start that is no time", { st: "2030-01-01T00:00" }, "st is not a time"],
    ["with addresses that are none", { sip: "localhost" }, "sip is not an address"],
    ["by a stored policy", { si: "policy" }, "Stored access policies"],
    ["by a user", { skoid: "someone" }, "User delegation"],
  ])("%s is refused", (_, fields, problem) => {
    const reading = readFields({ ...valid, ...fields });
    expect(reading).toMatchObject({
      kind: "invalid",
      problem: expect.stringContaining(problem) as string,
    });
  });

  test.each([
    ["192.0.2.5", "192.0.2.5", true],
    ["192.0.2.5", "192.0.2.6", false],
    ["192.0.2.5", "::ffff:192.0.2.5", true],
    ["192.0.2.5-192.0.3.1", "192.0.2.255", true],
    ["192.0.2.5-192.0.3.1", "192.0.3.2", false],
    ["192.0.2.5", "::1", false],
    ["192.0.2.5", "unknown", false],
  ])("for %s used from %s is good: %s", (sip, remoteAddress, expected) => {
    expect(read({ sip }).sas.addresses?.isWithin(remoteAddress)).toBe(expected);
  });

  test.each(["192.0.2.256", "192.0.2", "1-2-3", "192.0.2.1-", "a.b.c.d"])(
    "for addresses such as %s is refused",
    (sip) => {
      expect(readFields({ ...valid, sip }).kind).toBe("invalid");
    },
  );
});
