import { type LockedCommand, messageProperties } from "@larimar/domain";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commandHeaders, readCommandAck, readLockDurationMs } from "./command-headers.ts";

function command(application: ReadonlyMap<string, string>): LockedCommand {
  return {
    key: { deviceId: "d1" },
    sequenceNumber: 7,
    message: { properties: messageProperties({}, application), body: new Uint8Array() },
    ack: "none",
    enqueuedAtMs: 0,
    expiresAtMs: 1,
    deliveryCount: 2,
    lockToken: "lock",
    lockedUntilMs: 1,
  };
}

describe("the headers of a command", () => {
  test("leave out what was not said", () => {
    expect(commandHeaders(command(new Map()))).toEqual({
      ETag: '"lock"',
      "iothub-to": "/devices/d1/messages/devicebound",
      "iothub-sequencenumber": "7",
      "iothub-enqueuedtime": "1970-01-01T00:00:00.000Z",
      "iothub-deliverycount": "2",
    });
  });

  test("keep names and values that headers can hold as they are", () => {
    const application = new Map([["A-b_c.d!~", "  50 % / ä?= €"]]);
    const headers = commandHeaders(command(application));
    expect(headers["iothub-app-A-b_c.d!~"]).toBe("  50 % / ä?= €");
  });

  test("are headers whatever the sender called its properties", () => {
    const text = fc.string({ unit: "binary", minLength: 1 });
    fc.assert(
      fc.property(fc.dictionary(text, text), (properties) => {
        const headers = commandHeaders(command(new Map(Object.entries(properties))));
        for (const [name, value] of Object.entries(headers)) {
          expect(name).toMatch(/^[\w!#$%&'*+.^`|~-]+$/);
          expect(value).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });
});

describe("how long a device wants to hold a command", () => {
  test.each([
    [undefined, undefined],
    ["", undefined],
    [" ", undefined],
    ["soon", undefined],
    ["60", 60_000],
    [" 7.5 ", 7_500],
    ["0", 5_000],
    ["-1", 5_000],
    ["301", 300_000],
    ["Infinity", 300_000],
  ])("is read from %j as %j", (seconds, durationMs) => {
    expect(readLockDurationMs(seconds)).toBe(durationMs);
  });
});

describe("which outcomes a sender wants to hear of", () => {
  test.each([
    [undefined, "none"],
    ["", "none"],
    ["always", "none"],
    ["Full", "full"],
    [" NEGATIVE ", "negative"],
    ["positive", "positive"],
  ])("is read from %j as %s", (header, ack) => {
    expect(readCommandAck(header)).toBe(ack);
  });
});
