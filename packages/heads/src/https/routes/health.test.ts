import { createHubDirectory } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { startTestHead } from "../test-head.fixture.ts";

describe("health", () => {
  test.each(["/healthz", "/healthz/", "/healthz?"])(
    "is told to anyone at %s, whichever hub they name",
    async (target) => {
      const hubs = createHubDirectory([], { isStrict: true });
      await using head = await startTestHead({ hubs });
      expect(await head.send("GET", target)).toMatchObject({ status: 200, json: { status: "ok" } });
    },
  );

  test("may be asked for with HEAD, and then has no body", async () => {
    await using head = await startTestHead();
    expect(await head.send("HEAD", "/healthz")).toMatchObject({ status: 200, text: "" });
  });

  test("is something else than readiness, which comes and goes", async () => {
    let isReady = false;
    await using head = await startTestHead({ ready: () => isReady });
    expect((await head.send("GET", "/healthz")).status).toBe(200);
    expect(await head.send("GET", "/readyz")).toMatchObject({
      status: 503,
      headers: { "retry-after": "5" },
    });
    isReady = true;
    expect((await head.send("GET", "/readyz")).json).toEqual({ status: "ready" });
  });
});
