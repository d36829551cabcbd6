import { HUB_ERROR_CODES, HubError } from "@larimar/domain";
import { REST_ERRORS } from "@larimar/wire";
import { describe, expect, test } from "vitest";
import { errorReply } from "./error-response.ts";
import { startTestHead } from "../test-head.fixture.ts";

const context = {
  form: "A",
  requestId: "01234567-89ab-cdef-0123-456789abcdef",
  nowMs: Date.UTC(2030, 0, 1),
} as const;

const bodyOf = (error: unknown, form: "A" | "B" = "A") =>
  JSON.parse(errorReply(error, { ...context, form }).payload?.toString() ?? "") as {
    Message: string;
    ExceptionMessage: string;
  };

describe("an error's response", () => {
  test.each(HUB_ERROR_CODES)("has the status and the name of %s, in either form", (code) => {
    const row = REST_ERRORS[code];
    const error = new HubError(code, "what happened");
    const { status, headers } = errorReply(error, context);
    expect(status).toBe(row.status);
    expect(headers["iothub-errorcode"]).toBe(row.name);
    const text = row.status === 401 ? "Unauthorized" : "what happened";
    expect(bodyOf(error).Message).toBe(`ErrorCode:${row.name};${text}`);
    expect(JSON.parse(bodyOf(error, "B").Message)).toMatchObject({
      errorCode: row.number,
      message: text,
    });
  });

  test.each(HUB_ERROR_CODES)("says when to come back for %s, or says nothing of it", (code) => {
    const { status, headers } = errorReply(new HubError(code, "m"), context);
    expect("retry-after" in headers).toBe(status === 429 || status === 503);
  });

  test("keeps what is wrong with a token to itself", () => {
    const error = new HubError("Unauthorized", "The signature of policy 'owner' does not match");
    expect(JSON.stringify(bodyOf(error))).not.toContain("owner");
  });

  test.each([new Error("secret"), "secret", undefined, { code: "DeviceNotFound" }])(
    "keeps what went wrong in the server to itself: %s",
    (error) => {
      expect(errorReply(error, context).status).toBe(500);
      expect(bodyOf(error).Message).toBe(
        "ErrorCode:ServerError;Something went wrong on the server",
      );
    },
  );

  test("carries the id of the request, and so do good answers", async () => {
    await using head = await startTestHead();
    const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
    const bad = await head.send("GET", "/devices");
    const requestId = bad.headers["x-ms-request-id"] as string;
    expect(requestId).toMatch(guid);
    expect((bad.json as { ExceptionMessage: string }).ExceptionMessage).toBe(
      `Tracking ID:${requestId.replaceAll("-", "")}-G:0-TimeStamp:01/01/2030 00:00:00`,
    );
    expect(bad.headers["content-type"]).toBe("application/json; charset=utf-8");
    const good = await head.send("GET", "/devices", { policy: "registryRead" });
    expect(good.headers["x-ms-request-id"]).toMatch(guid);
    expect(good.headers["x-ms-request-id"]).not.toBe(requestId);
  });
});
