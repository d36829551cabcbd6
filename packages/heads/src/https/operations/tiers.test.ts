import { DEFAULT_HUB_RESOURCE } from "@larimar/domain";
import { createTestHub, testSettings } from "@larimar/domain/fixtures";
import { expect, test } from "vitest";
import { startTestHead } from "../test-head.fixture.ts";

const LIST = "/devices?api-version=2021-04-12";

function tieredHead(tier: "B1" | "S1") {
  const settings = testSettings({ resource: { ...DEFAULT_HUB_RESOURCE, tier } });
  return startTestHead({ testHub: createTestHub({ enforcesTier: true }, settings) });
}

test("a hub that is held to its tier answers 429 once too many requests wait for their turn", async () => {
  await using head = await tieredHead("S1");
  const send = () => head.send("GET", LIST, { policy: "iothubowner" });
  // A minute's worth at once, and then what ten seconds bring.
  for (let i = 0; i < 100; i++) expect((await send()).status).toBe(200);
  const waiting = Array.from({ length: 16 }, send);
  await expect.poll(async () => (await send()).status).toBe(429);
  expect(await send()).toMatchObject({
    status: 429,
    headers: { "retry-after": "5", "iothub-errorcode": "ThrottleBacklogLimitExceeded" },
  });
  await head.testHub.clock.advance(10_000);
  const statuses = (await Promise.all(waiting)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(10);
});

test("what a tier has not is answered 403", async () => {
  await using head = await tieredHead("B1");
  await head.createDevice("press");
  const target = "/twins/press?api-version=2021-04-12";
  expect(await head.send("GET", target, { policy: "iothubowner" })).toMatchObject({
    status: 403,
    headers: { "iothub-errorcode": "OperationNotAvailableInCurrentTier" },
  });
});
