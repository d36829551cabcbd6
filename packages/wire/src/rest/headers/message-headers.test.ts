import { describe, expect, test } from "vitest";
import { readMessageHeaders } from "./message-headers.ts";

const propertiesOf = (...headers: [string, string][]) => {
  const reading = readMessageHeaders(headers);
  if (reading.kind === "invalid") throw new Error(reading.problem);
  const { system, application } = reading.value;
  return { system, application: Object.fromEntries(application) };
};

describe("the headers of a message", () => {
  test.each([
    ["IoTHub-MessageId", "messageId"],
    ["IoTHub-CorrelationId", "correlationId"],
    ["IoTHub-UserId", "userId"],
    ["iothub-to", "to"],
    ["iothub-contenttype", "contentType"],
    ["iothub-contentencoding", "contentEncoding"],
    ["iothub-creationtimeutc", "creationTime"],
    ["iothub-creation-time-utc", "creationTime"],
    ["iothub-messageschema", "messageSchema"],
    ["iothub-interface-id", "interfaceId"],
    ["dt-subject", "componentName"],
  ])("%s is the system property %s", (header, property) => {
    expect(propertiesOf([header, "v"])).toEqual({ system: { [property]: "v" }, application: {} });
  });

  test("become application properties without their prefix, their case kept", () => {
    expect(propertiesOf(["iothub-app-Level", "high"], ["IOTHUB-APP-x-y", ""])).toEqual({
      system: {},
      application: { Level: "high", "x-y": "" },
    });
  });

  test.each([
    ["2030-01-01T00:00:00Z", Date.UTC(2030, 0, 1)],
    ["2030-01-01T00:00:00.0000000Z", Date.UTC(2030, 0, 1)],
    ["Tue Jan 01 2030 01:00:00 GMT+0100 (Central European Standard Time)", Date.UTC(2030, 0, 1)],
  ])("tell the expiry as %s", (text, expiresAtMs) => {
    expect(propertiesOf(["iothub-expiry", text]).system).toEqual({ expiresAtMs });
  });

  test("are overlooked when they say who sends, or nothing about the message", () => {
    const headers: [string, string][] = [
      ["Content-Type", "text/plain"],
      ["iothub-connection-device-id", "somebody-else"],
      ["iothub-ack", "full"],
      ["host", "h"],
    ];
    expect(propertiesOf(...headers)).toEqual({ system: {}, application: {} });
  });

  test("take a property called __proto__ for one like any other", () => {
    const reading = readMessageHeaders([["iothub-app-__proto__", "v"]]);
    expect(reading.kind === "read" && [...reading.value.application]).toEqual([["__proto__", "v"]]);
  });

  test("count towards the size of the message", () => {
    const reading = readMessageHeaders([["iothub-app-key", "vü"]]);
    expect(reading.kind === "read" && reading.value.sizeBytes).toBe(6);
  });

  test.each([
    ["iothub-expiry", "soon"],
    ["iothub-app-", "v"],
  ])("are refused with %s: %s", (name, value) => {
    expect(readMessageHeaders([[name, value]]).kind).toBe("invalid");
  });
});
