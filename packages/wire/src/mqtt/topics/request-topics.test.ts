import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messageProperties } from "@larimar/domain";
import { formatCommandTopic } from "./command-topic.ts";
import { formatMethodRequestTopic, parseMethodResponseTopic } from "./method-topic.ts";
import {
  formatDesiredPatchTopic,
  formatTwinResponseTopic,
  parseTwinRequestTopic,
} from "./twin-topic.ts";

describe("a twin request", () => {
  test.each([
    ["$iothub/twin/GET/?$rid=ab-1", "get", "ab-1", undefined],
    ["$iothub/twin/GET/?%24rid=7", "get", "7", undefined],
    ["$iothub/twin/PATCH/properties/reported/?$rid=7&$version=4", "patchReported", "7", 4],
    ["$iothub/twin/PATCH/properties/reported/?$version=4&$rid=7", "patchReported", "7", 4],
    ["$iothub/twin/GET/?$rid=a%20b", "get", "a%20b", undefined],
  ])("%s is understood", (topic, kind, requestId, expectedVersion) => {
    expect(parseTwinRequestTopic(topic)).toEqual({ kind, requestId, expectedVersion });
  });

  test.each([
    "$iothub/twin/GET/",
    "$iothub/twin/GET/?$rid=",
    "$iothub/twin/PATCH/properties/desired/?$rid=1",
    "$iothub/twin/PATCH/properties/reported/?$rid=1&$version=x",
    "$iothub/twin/res/200/?$rid=1",
    "devices/d/messages/events",
  ])("%s is none", (topic) => {
    expect(parseTwinRequestTopic(topic)).toBeUndefined();
  });

  test("is answered with its id first and the version last", () => {
    expect(formatTwinResponseTopic({ status: 204, requestId: "7", version: 4 })).toBe(
      "$iothub/twin/res/204/?$rid=7&$version=4",
    );
    expect(formatTwinResponseTopic({ status: 200, requestId: "7" })).toBe(
      "$iothub/twin/res/200/?$rid=7",
    );
    expect(formatDesiredPatchTopic(9)).toBe("$iothub/twin/PATCH/properties/desired/?$version=9");
  });

  test("of any text never throws", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseTwinRequestTopic(`$iothub/twin/GET/?${text}`);
        parseMethodResponseTopic(`$iothub/methods/res/200/?${text}`);
      }),
    );
  });
});

describe("a method", () => {
  test("is asked with nothing behind its request id", () => {
    expect(formatMethodRequestTopic("reboot", "a4")).toBe("$iothub/methods/POST/reboot/?$rid=a4");
  });

  test.each([
    ["$iothub/methods/res/200/?$rid=a4", 200, "a4"],
    ["$iothub/methods/res/-3/?$rid=A4", -3, "a4"],
    ["$iothub/methods/res/40000/?$rid=%614", 40_000, "a4"],
  ])("is answered by %s", (topic, status, requestId) => {
    expect(parseMethodResponseTopic(topic)).toEqual({ status, requestId });
  });
});

describe("the topic of a command", () => {
  test("has system properties first, dollar signs encoded, and always a destination", () => {
    const system = { messageId: "m 1", expiresAtMs: Date.UTC(2030, 0, 1), to: "elsewhere" };
    const application = new Map([
      ["k&", "v=1/2"],
      ["iothub-ack", "none"],
    ]);
    expect(
      formatCommandTopic({ deviceId: "d" }, messageProperties(system, application), "full"),
    ).toBe(
      "devices/d/messages/devicebound/%24.mid=m%201&%24.to=%2Fdevices%2Fd%2Fmessages%2Fdevicebound" +
        "&%24.exp=2030-01-01T00%3A00%3A00.0000000Z&k%26=v%3D1%2F2&iothub-ack=full",
    );
  });

  test("names the module of a module's command", () => {
    const key = { deviceId: "d", moduleId: "m" };
    expect(formatCommandTopic(key, messageProperties({}, new Map()), "none")).toBe(
      "devices/d/modules/m/messages/devicebound/%24.to=%2Fdevices%2Fd%2Fmodules%2Fm%2Fmessages%2Fdevicebound",
    );
  });
});
