import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readJson } from "./read-json.ts";

const Schema = z.object({
  deviceId: z.string(),
  status: z.enum(["enabled", "disabled"]).nullish(),
  parts: z.array(z.object({ isNew: z.boolean() })).nullish(),
});

const parse = (json: string) => readJson(Schema, JSON.parse(json));

describe("a JSON body", () => {
  test("is read whatever the case of its names and words, at every depth", () => {
    expect(parse('{"DEVICEID":"D1","Status":"Enabled","parts":[{"ISNEW":true}]}')).toEqual({
      kind: "read",
      value: { deviceId: "D1", status: "enabled", parts: [{ isNew: true }] },
    });
  });

  test("may bring members nobody knows", () => {
    const reading = parse('{"deviceId":"d1","etag":5,"__proto__":{"status":"x"},"constructor":1}');
    expect(reading).toEqual({ kind: "read", value: { deviceId: "d1" } });
  });

  test("is read by the exact name when other spellings stand beside it, in either order", () => {
    for (const json of ['{"deviceId":"a","DeviceId":"b"}', '{"DeviceId":"b","deviceId":"a"}']) {
      expect(parse(json)).toEqual({ kind: "read", value: { deviceId: "a" } });
    }
  });

  test("may leave optional members out or null", () => {
    expect(parse('{"deviceId":"d1","status":null}')).toEqual({
      kind: "read",
      value: { deviceId: "d1", status: null },
    });
  });

  test.each([
    ["null", "the body"],
    ["[]", "the body"],
    ['"text"', "the body"],
    ["{}", "deviceId"],
    ['{"deviceId":5}', "deviceId"],
    ['{"deviceId":"d","status":"on"}', "status"],
    ['{"deviceId":"d","status":["enabled"]}', "status"],
    ['{"deviceId":"d","parts":{}}', "parts"],
    ['{"deviceId":"d","parts":[{"isNew":"true"}]}', "parts.0.isNew"],
  ])("that reads %s is refused, naming '%s'", (json, where) => {
    expect(parse(json)).toEqual({
      kind: "invalid",
      problem: expect.stringContaining(`'${where}'`) as string,
    });
  });

  test("is not repeated in the problem, because keys may be in it", () => {
    const reading = parse('{"deviceId":"d","status":"c2VjcmV0"}');
    expect(JSON.stringify(reading)).not.toContain("c2VjcmV0");
  });

  test("never throws, whatever it holds", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        readJson(Schema, json);
        readJson(Schema, { deviceId: json, status: json, parts: [json] });
      }),
    );
  });

  test("may be nested as deep as a body can be", () => {
    const json = `{"deviceId":"d1","unknown":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
    expect(parse(json)).toEqual({ kind: "read", value: { deviceId: "d1" } });
  });
});
