import { describe, expect, test } from "vitest";
import { paperCertificate, presented } from "../certificates/paper-certificates.fixture.ts";
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

describe("an identity that changes between its proof and its session", () => {
  const connect = async (change: (hub: ReturnType<typeof setUp>["hub"]) => Promise<unknown>) => {
    const { hub } = createTestHub();
    const certificate = presented(paperCertificate({ commonName: "d1" }));
    const primaryThumbprint = certificate.sha256Thumbprint;
    await hub.devices.create({ deviceId: "d1", authentication: { primaryThumbprint } });
    const authenticated = await hub.access.authenticate(key, { certificate });
    await change(hub);
    const closed: string[] = [];
    const connection = { close: (reason: string) => closed.push(reason) };
    hub.sessions.open({ authenticated, protocol: "mqtt", connection });
    await Promise.resolve();
    await Promise.resolve();
    return closed;
  };

  test("has its session closed at once", async () => {
    const disable = { deviceId: "d1", status: "disabled" } as const;
    expect(await connect((hub) => hub.devices.update(disable, "any"))).toEqual([
      "identityDisabled",
    ]);
    expect(await connect((hub) => hub.devices.delete("d1", "any"))).toEqual(["identityDeleted"]);
    const rekey = { deviceId: "d1", authentication: { type: "sas" } } as const;
    expect(await connect((hub) => hub.devices.update(rekey, "any"))).toEqual([
      "credentialsChanged",
    ]);
  });

  test("keeps its session when something else changed, or another one did", async () => {
    const reason = { deviceId: "d1", statusReason: "moved" };
    expect(await connect((hub) => hub.devices.update(reason, "any"))).toEqual([]);
    const other = async (hub: ReturnType<typeof setUp>["hub"]) => {
      await hub.devices.create({ deviceId: "d2" });
      await hub.devices.delete("d2", "any");
    };
    expect(await connect(other)).toEqual([]);
  });
});

test("a device with a policy's token stays when its keys change, one with its own does not", async () => {
  for (const [scope, isClosed] of [
    ["hub", false],
    ["device", true],
  ] as const) {
    const { hub } = createTestHub();
    await hub.devices.create({ deviceId: "d1" });
    const closed: string[] = [];
    hub.sessions.open({
      authenticated: {
        identity: key,
        generationId: "1",
        authMethod: { scope, type: "sas" },
        expiresAtMs: undefined,
      },
      protocol: "mqtt",
      connection: { close: (reason) => closed.push(reason) },
    });
    await hub.devices.update({ deviceId: "d1", authentication: { type: "sas" } }, "any");
    expect(closed).toEqual(isClosed ? ["credentialsChanged"] : []);
  }
});

test("a device that is made anew was never seen, however lately the one before was", async () => {
  const { hub, open } = setUp();
  await hub.devices.create({ deviceId: "d1" });
  open("a");
  await hub.devices.delete("d1", "any");
  await hub.devices.create({ deviceId: "d1" });
  expect((await hub.devices.get("d1")).presence.lastActivityAtMs).toBe(0);
});
