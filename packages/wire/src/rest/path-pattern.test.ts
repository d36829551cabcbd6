import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePath, formatPath, matchPath, readPath, resourceOf } from "./path-pattern.ts";

const MODULE = "/devices/{deviceId}/modules/{moduleId}";
const ID_CHARACTERS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-:.+%_#*?!(),=@;$'";
const ids = fc.string({
  unit: fc.constantFrom(...ID_CHARACTERS.split("")),
  minLength: 1,
  maxLength: 128,
});

const firstReading = (path: string) => readPath(path)[0] ?? [];
const specificity = (pattern: string) => compilePath(pattern).specificity;
const find = (pattern: string, path: string) => {
  const params = matchPath(compilePath(pattern), firstReading(path));
  return params && Object.fromEntries(params);
};

describe("a path pattern", () => {
  test("finds what it formatted, whatever the ids", () => {
    fc.assert(
      fc.property(ids, ids, (deviceId, moduleId) => {
        const path = formatPath(MODULE, { deviceId, moduleId });
        expect(find(MODULE, path)).toEqual({ deviceId, moduleId });
      }),
    );
  });

  test("finds what it formatted when all of it is encoded once more, as one word", () => {
    fc.assert(
      fc.property(ids, ids, (deviceId, moduleId) => {
        // What one tool does to `devices/d1`: its slashes arrive as escapes. Its ids are not encoded before.
        const path = `/${encodeURIComponent(`devices/${deviceId}/modules/${moduleId}`)}`;
        expect(find(MODULE, path)).toEqual({ deviceId, moduleId });
      }),
    );
  });

  test("never throws, whatever the path", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (path) => {
        for (const reading of readPath(path)) {
          matchPath(compilePath(MODULE), reading);
          expect(reading).not.toContain("");
        }
      }),
    );
  });

  test.each([
    "/devices/d1/modules/m1",
    "/Devices/d1/MODULES/m1",
    "//devices/d1/modules/m1",
    "/devices//d1/modules///m1",
    "/devices/d1/modules/m1/",
    "/devices%2Fd1%2fmodules%2Fm1",
    "/%64evices/%641/modules/m1",
    "devices/d1/modules/m1",
  ])("is found in %s", (path) => {
    expect(find(MODULE, path)).toEqual({ deviceId: "d1", moduleId: "m1" });
  });

  test.each([
    "/",
    "",
    "/devices",
    "/devices/d1",
    "/devices/d1/modules",
    "/devices/d1/module/m1",
    "/devices/d1/modules/m1/more",
  ])("is not found in %j", (path) => {
    expect(find(MODULE, path)).toBeUndefined();
  });

  test("keeps the case of ids", () => {
    expect(find("/devices/{deviceId}", "/DEVICES/MixedCase")).toEqual({ deviceId: "MixedCase" });
  });

  test("keeps what is no escape, and plus signs, as they are", () => {
    expect(find("/devices/{deviceId}", "/devices/50%+off%zz%")).toEqual({
      deviceId: "50%+off%zz%",
    });
  });

  test("does not resolve dots: they are ids", () => {
    expect(find("/devices/{deviceId}", "/devices/..")).toEqual({ deviceId: ".." });
  });

  test("takes an id for what it is, even one that objects inherit", () => {
    expect(find("/devices/{deviceId}", "/devices/__proto__")).toEqual({ deviceId: "__proto__" });
  });

  test("prefers literal words to parameters, the leftmost first", () => {
    expect(specificity("/devices/query")).toBeGreaterThan(specificity("/devices/{deviceId}"));
    expect(specificity("/jobs/v2/{id}")).toBeGreaterThan(specificity("/jobs/{id}/cancel"));
  });

  test("names the resource as it spells it itself, with the ids of the path", () => {
    const path = compilePath("/devices/{deviceId}/messages/events");
    const params = matchPath(path, firstReading("/DEVICES/D%201/Messages/Events/"));
    expect(params && resourceOf(path, params)).toEqual(["devices", "D 1", "messages", "events"]);
  });
});

describe("the readings of a path", () => {
  test("are one when nothing in it is encoded twice", () => {
    expect(readPath("/devices/a%20b")).toEqual([["devices", "a b"]]);
  });

  test("are two when something is, the one decoded once before the other", () => {
    expect(readPath("/devices%2Fa%2541%2Fmessages")).toEqual([
      ["devices", "a%41", "messages"],
      ["devices", "aA", "messages"],
    ]);
  });
});
