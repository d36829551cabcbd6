import { PROVISIONING_ERROR_CODES } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { provisioningErrorBody } from "./provisioning-error-body.ts";
import {
  PROVISIONING_ERROR_NUMBERS,
  PROVISIONING_REQUEST_ERROR_CODES,
  provisioningStatus,
} from "./provisioning-error-table.ts";

describe("the numbers of provisioning errors", () => {
  test("are those of exactly the codes there are", () => {
    const codes = [...PROVISIONING_ERROR_CODES, ...PROVISIONING_REQUEST_ERROR_CODES];
    expect(Object.keys(PROVISIONING_ERROR_NUMBERS).toSorted()).toEqual(codes.toSorted());
  });

  test.each([
    ["WebhookFailed", 400_207, 400],
    ["HubUnusable", 400_208, 400],
    ["HubCredentialsRefused", 400_209, 400],
    ["Unauthorized", 401_002, 401],
    ["EnrollmentNotFound", 404_201, 404],
    ["RegistrationConflict", 409_203, 409],
    ["PreconditionFailed", 412_001, 412],
    ["Throttled", 429_001, 429],
  ] as const)("begin with the status of %s", (code, number, status) => {
    expect(PROVISIONING_ERROR_NUMBERS[code]).toBe(number);
    expect(provisioningStatus(code)).toBe(status);
  });

  test("stand in the body that clients read", () => {
    const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
    const report = {
      code: "Unauthorized",
      message: "Unauthorized",
      trackingId: "t",
      nowMs,
    } as const;
    expect(provisioningErrorBody(report)).toEqual({
      errorCode: 401_002,
      trackingId: "t",
      message: "Unauthorized",
      timestampUtc: "2026-01-02T03:04:05.0060000Z",
    });
  });
});
