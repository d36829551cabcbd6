import { describe, expect, test } from "vitest";
import { errorBody, errorDescription } from "./error-body.ts";
import { REST_ERRORS } from "./error-table.ts";

const report = {
  error: REST_ERRORS.DeviceNotFound,
  message: "Device 'a;b' is not registered.",
  trackingGuid: "0123456789abcdef0123456789abcdef",
  nowMs: Date.UTC(2030, 0, 2, 3, 4, 5, 6),
};
const trackingId = `${report.trackingGuid}-G:0-TimeStamp:01/02/2030 03:04:05`;

describe("an error body", () => {
  test("of form A names the code, then the text, with a single semicolon between them", () => {
    expect(errorBody("A", report)).toEqual({
      Message: "ErrorCode:DeviceNotFound;Device 'a,b' is not registered.",
      ExceptionMessage: `Tracking ID:${trackingId}`,
    });
  });

  test("of form B is JSON in a text, with the number of the code", () => {
    const body = errorBody("B", report);
    expect(body.ExceptionMessage).toBe("");
    expect(JSON.parse(body.Message)).toEqual({
      errorCode: 404_001,
      trackingId,
      message: "Device 'a;b' is not registered.",
      timestampUtc: "2030-01-02T03:04:05.006Z",
    });
  });

  test("of form B has no member that clients could not read as a text or a number", () => {
    const inner = JSON.parse(errorDescription(report)) as Record<string, unknown>;
    expect(Object.values(inner).filter((value) => typeof value === "object")).toEqual([]);
  });
});

describe("the table of errors", () => {
  const rows = Object.entries(REST_ERRORS);
  // Clients look for this name under 404, though its number begins with 401.
  const exceptions = new Set(["HubNotFound"]);

  test.each(rows.filter(([code]) => !exceptions.has(code)))(
    "gives %s a number that begins with its status",
    (_, row) => {
      expect(Math.floor(row.number / 1000)).toBe(row.status);
    },
  );

  test.each(rows)("gives %s a name of one word", (_, row) => {
    expect(row.name).toMatch(/^[A-Z][A-Za-z]+$/);
  });

  test("gives no number two names", () => {
    const names = new Map(rows.map(([, row]) => [row.number, row.name]));
    expect(rows.filter(([, row]) => names.get(row.number) !== row.name)).toEqual([]);
  });
});
