import type { SystemProperties } from "@larimar/domain";
import { messageProperties } from "@larimar/domain";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPropertyBag, parsePropertyBag } from "./property-bag.ts";
import { EXPIRY_KEY, IGNORED_KEYS, TEXT_PROPERTY_BY_KEY } from "./property-names.ts";

const parse = (bag: string): { system: object; application: object } => {
  const { system, application } = parsePropertyBag(bag);
  return { system, application: Object.fromEntries(application) };
};

describe("a property bag", () => {
  test.each([
    ["Node", "%24.mid=m%201&%24.ct=text%2Fplain&a=b%20c"],
    ["Java", "$.mid=m%201&$.ct=text%2Fplain&a=b%20c"],
    ["C", "a=b c&%24.mid=m 1&%24.ct=text/plain"],
    ["C#, with a slash at the end", "%24.mid=m%201&%24.ct=text%2Fplain&a=b%20c/"],
    ["hand-written clients", "?$.mid=m%201&$.ct=text/plain&a=b%20c"],
  ])("is read as %s write it", (_, bag) => {
    expect(parse(bag)).toEqual({
      system: { messageId: "m 1", contentType: "text/plain" },
      application: { a: "b c" },
    });
  });

  test("knows every system property", () => {
    const keys = ["mid", "cid", "uid", "to", "ct", "ce", "ctime", "on", "ifid", "sub", "schema"];
    expect(parse(keys.map((key) => `%24.${key}=${key}`).join("&"))).toEqual({
      system: {
        messageId: "mid",
        correlationId: "cid",
        userId: "uid",
        to: "to",
        contentType: "ct",
        contentEncoding: "ce",
        creationTime: "ctime",
        outputName: "on",
        interfaceId: "ifid",
        componentName: "sub",
        messageSchema: "schema",
      },
      application: {},
    });
  });

  test("knows them however they are escaped", () => {
    expect(parse("%24%2Emid=1&%24.%63id=2&$%2ecdid=other")).toEqual({
      system: { messageId: "1", correlationId: "2" },
      application: {},
    });
  });

  test("does not let a client say who it is", () => {
    expect(parse("$.cdid=other&%24.cmid=other")).toEqual({ system: {}, application: {} });
  });

  test.each([
    ["a plus sign", "a=1+1", { a: "1+1" }],
    ["an equals sign in a value", "a=b=c", { a: "b=c" }],
    ["a key without a value", "a&b=", { a: "", b: "" }],
    ["empty items", "&&a=1&", { a: "1" }],
    ["an item without a key", "=x&a=1", { a: "1" }],
    ["a repeated key", "a=1&a=2", { a: "2" }],
    ["keys in other case", "a=1&A=2", { a: "1", A: "2" }],
    ["an escape that is none", "a=100%&b=%zz%41", { a: "100%", b: "%zzA" }],
    ["escapes that are no UTF-8", "a=%ff%c3%a9%c3", { a: "%ffé%c3" }],
    ["slashes", "a=x/y/z", { a: "x/y/z" }],
    ["two slashes at the end", "a=x//", { a: "x/" }],
    ["an escaped separator", "a=x%26y%3Dz", { a: "x&y=z" }],
    ["an encoded key", "%61=1", { a: "1" }],
    [
      "a key of Object.prototype",
      "__proto__=1&constructor=2",
      { ["__proto__"]: "1", constructor: "2" },
    ],
    ["nothing", "", {}],
    ["a slash", "/", {}],
    ["a question mark", "?", {}],
  ])("with %s is read without surprise", (_, bag, application) => {
    const properties = parsePropertyBag(bag);
    expect([...properties.application]).toEqual(Object.entries(application));
    expect(properties.system).toEqual({});
  });

  test.each([
    ["2030-01-02T03:04:05.678Z", Date.UTC(2030, 0, 2, 3, 4, 5, 678)],
    ["2030-01-02T03:04:05.6789012Z", Date.UTC(2030, 0, 2, 3, 4, 5, 678)],
    ["2030-01-02T03:04:05", Date.UTC(2030, 0, 2, 3, 4, 5)],
    ["2030-01-02T03:04:05.6", Date.UTC(2030, 0, 2, 3, 4, 5, 600)],
    ["2030-01-02 03:04:05+00:00", Date.UTC(2030, 0, 2, 3, 4, 5)],
    ["2030-01-02T03:04+0130", Date.UTC(2030, 0, 2, 1, 34)],
    ["tomorrow", undefined],
    ["2030-13-02T03:04:05Z", undefined],
    ["", undefined],
  ])("expires at %s", (text, expiresAtMs) => {
    const { system, application } = parsePropertyBag(`%24.exp=${encodeURIComponent(text)}`);
    expect(system.expiresAtMs).toBe(expiresAtMs);
    expect(application.size).toBe(0);
  });

  test("lets what the packet itself says win", () => {
    const { application } = parsePropertyBag("mqtt-retain=false&a=1", [["mqtt-retain", "true"]]);
    expect(Object.fromEntries(application)).toEqual({ "mqtt-retain": "true", a: "1" });
  });

  test("counts towards the size of a message what it says, not how it is spelled", () => {
    expect(parsePropertyBag("%24.mid=%C3%A9&ab=%20").sizeBytes).toBe(2 + 2 + 1);
  });

  test("never throws, whatever it reads", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (bag) => {
        parsePropertyBag(bag);
      }),
    );
  });
});

describe("a written property bag", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 });
  // A name that only begins like that of a system property is any other's equal.
  const applicationName = fc
    .oneof(
      name,
      name.map((text) => `$.${text}`),
    )
    .filter((key) => {
      const isReserved = TEXT_PROPERTY_BY_KEY.has(key) || IGNORED_KEYS.has(key);
      return !isReserved && key !== EXPIRY_KEY;
    });
  const systemNames = ["messageId", "correlationId", "userId", "to", "contentType", "outputName"];
  const properties = fc.record({
    texts: fc.dictionary(fc.constantFrom(...systemNames), name),
    expiresAtMs: fc.option(fc.integer({ min: 0, max: 4e12 }), { nil: undefined }),
    application: fc.array(fc.tuple(applicationName, name)),
  });

  test("is read as what was written", () => {
    fc.assert(
      fc.property(properties, ({ texts, expiresAtMs, application }) => {
        const system = (
          expiresAtMs === undefined ? { ...texts } : { ...texts, expiresAtMs }
        ) as SystemProperties;
        const written = messageProperties(system, new Map(application));
        const read = parsePropertyBag(formatPropertyBag(written));
        expect(read.system).toEqual(system);
        expect(read.application).toEqual(new Map(application));
      }),
    );
  });

  test("begins with the system properties and holds nothing that SDKs stumble over", () => {
    const system = { messageId: "m/1", to: "/devices/d/messages/devicebound", expiresAtMs: 0 };
    const application = new Map<string, string | number | boolean>([
      ["k+", "a b&c"],
      ["n", 5],
      ["yes", true],
      ["empty", ""],
      ["", "no key"],
      ["$.mid", "a forged id"],
    ]);
    expect(formatPropertyBag(messageProperties(system, application))).toBe(
      "%24.mid=m%2F1&%24.to=%2Fdevices%2Fd%2Fmessages%2Fdevicebound" +
        "&%24.exp=1970-01-01T00%3A00%3A00.0000000Z&k%2B=a%20b%26c&n=5&yes=true",
    );
  });

  test("survives text that is not well-formed", () => {
    const forged = messageProperties({ messageId: "\u{d800}" }, new Map([["a", "\u{dfff}b"]]));
    expect(formatPropertyBag(forged)).toBe("%24.mid=%EF%BF%BD&a=%EF%BF%BDb");
  });
});
