import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRequestTarget } from "./request-target.ts";

describe("a request target", () => {
  test.each([
    ["/devices", { host: undefined, path: "/devices", query: "" }],
    ["/devices?a=1?b", { host: undefined, path: "/devices", query: "a=1?b" }],
    ["/devices?", { host: undefined, path: "/devices", query: "" }],
    ["https://h:443/devices?a=1", { host: "h:443", path: "/devices", query: "a=1" }],
    ["HTTPS://h", { host: "h", path: "", query: "" }],
    ["wss://user:word@h/$iothub/websocket", { host: "h", path: "/$iothub/websocket", query: "" }],
    ["/devices/a#b", { host: undefined, path: "/devices/a#b", query: "" }],
    ["/devices/https://x", { host: undefined, path: "/devices/https://x", query: "" }],
    ["*", { host: undefined, path: "*", query: "" }],
  ])("%s is taken apart and nothing in it decoded", (target, parts) => {
    expect(readRequestTarget(target)).toEqual(parts);
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (target) => {
        expect(readRequestTarget(target).path).not.toContain("?");
      }),
    );
  });
});
