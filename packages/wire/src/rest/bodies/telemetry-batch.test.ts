import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTelemetryBatch, readTelemetryBatch } from "./telemetry-batch.ts";

const messagesOf = (json: unknown) => {
  const reading = readTelemetryBatch(json);
  if (reading.kind === "invalid") throw new Error(reading.problem);
  return reading.value.map(({ properties, body }) => ({
    body: Buffer.from(body).toString("utf8"),
    system: properties.system,
    application: Object.fromEntries(properties.application),
  }));
};

describe("a batch of telemetry", () => {
  test("is told by its content type, with or without parameters", () => {
    expect(isTelemetryBatch("application/vnd.microsoft.iothub.json")).toBe(true);
    expect(isTelemetryBatch("Application/vnd.Microsoft.IoTHub.json; charset=utf-8")).toBe(true);
    expect(isTelemetryBatch("application/json")).toBe(false);
    expect(isTelemetryBatch(undefined)).toBe(false);
  });

  test("holds base64 unless it says otherwise", () => {
    const body = Buffer.from("hü").toString("base64");
    const elements = [
      { body },
      { body, base64Encoded: true },
      { body: "hü", base64Encoded: false },
    ];
    expect(messagesOf(elements).map((message) => message.body)).toEqual(["hü", "hü", "hü"]);
  });

  test("keeps every byte", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const reading = readTelemetryBatch([{ body: Buffer.from(bytes).toString("base64") }]);
        expect(reading.kind === "read" && reading.value[0]?.body).toEqual(bytes);
      }),
    );
  });

  test("names properties like headers do, and takes numbers and booleans for their text", () => {
    const properties = {
      "iothub-app-k": "v",
      "iothub-app-n": 1.5,
      "iothub-app-b": true,
      "iothub-messageid": "m",
      "dt-subject": "thermostat",
      other: "overlooked",
    };
    expect(messagesOf([{ body: "", properties }])).toEqual([
      {
        body: "",
        system: { messageId: "m", componentName: "thermostat" },
        application: { k: "v", n: "1.5", b: "true" },
      },
    ]);
  });

  test("may be empty, and its messages may be", () => {
    expect(messagesOf([])).toEqual([]);
    expect(messagesOf([{ body: "" }])).toHaveLength(1);
  });

  test.each([
    [{}],
    [null],
    ["text"],
    [[5]],
    [[{}]],
    [[{ body: 5 }]],
    [[{ body: null }]],
    [[{ body: "not base64!" }]],
    [[{ body: "YQ", base64Encoded: "true" }]],
    [[{ body: "YQ==", properties: [] }]],
    [[{ body: "YQ==", properties: { "iothub-app-k": {} } }]],
    [[{ body: "YQ==", properties: { "iothub-expiry": "soon" } }]],
    [[{ body: "YQ==" }, { body: "*" }]],
  ])("is refused as a whole when it reads %j", (json) => {
    expect(readTelemetryBatch(json).kind).toBe("invalid");
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        readTelemetryBatch(json);
        readTelemetryBatch([{ body: json, base64Encoded: json, properties: json }]);
      }),
    );
  });
});
