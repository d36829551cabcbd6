import { describe, expect, test } from "vitest";
import { createTestHub } from "../fixtures/index.fixture.ts";

const key = { deviceId: "d1" };

function setUp() {
  const { hub, clock } = createTestHub();
  const closed: string[] = [];
  const open = (name: string, expiresAtMs?: number) =>
    hub.sessions.open({
      authenticated: {
        identity: key,
        generationId: "1",
        authMethod: { scope: "device", type: "sas" },
        expiresAtMs,
      },
      protocol: "mqtt",
      connection: { close: (reason) => closed.push(`${name} ${reason}`) },
    });
  return { hub, clock, closed, open };
}

describe("a session", () => {
  test("is taken over by a second connection of the same identity, and cannot take it down", () => {
    const { hub, closed, open } = setUp();
    const first = open("first");
    open("second");
    expect(closed).toEqual(["first takenOver"]);
    first.end();
    expect(hub.sessions.isConnected(key)).toBe(true);
  });

  test("is closed when its proof expires, unless it was renewed", async () => {
    const { clock, closed, open } = setUp();
    const session = open("a", clock.now() + 1000);
    session.renew(clock.now() + 5000);
    await clock.advance(4999);
    expect(closed).toEqual([]);
    await clock.advance(1);
    expect(closed).toEqual(["a tokenExpired"]);
  });

  test("may be good for longer than a timer can wait", async () => {
    const { clock, closed, open } = setUp();
    open("a", clock.now() + 2_500_000_000);
    await clock.advance(2_499_999_999);
    expect(closed).toEqual([]);
    await clock.advance(1);
    expect(closed).toEqual(["a tokenExpired"]);
  });

  test("leaves its times behind", async () => {
    const { hub, clock, open } = setUp();
    await hub.devices.create({ deviceId: "d1" });
    const session = open("a");
    await clock.advance(5000);
    session.end();
    const { presence } = await hub.devices.get("d1");
    expect(presence).toEqual({
      isConnected: false,
      connectionStateUpdatedAtMs: clock.now(),
      lastActivityAtMs: clock.now(),
    });
  });

  test("keeps all events of a device in one partition", () => {
    const { open } = setUp();
    expect(open("a").partition).toBe(open("b").partition);
  });

  test("tells those who wait for its end, once", () => {
    const { open } = setUp();
    const session = open("a");
    let ended = 0;
    session.onEnd(() => ended++);
    session.end();
    session.end();
    expect(ended).toBe(1);
  });
});
