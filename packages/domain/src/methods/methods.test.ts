import { describe, expect, test } from "vitest";
import { createTestHub, settle, openTestSession } from "../fixtures/index.fixture.ts";
import type { MethodInlet, MethodResponse } from "../sessions/inlets.ts";

const key = { deviceId: "d1" };
const invocation = {
  key,
  name: "reboot",
  payload: { delay: 1 },
  connectTimeoutMs: 0,
  responseTimeoutMs: 5000,
};

async function setUp() {
  const { hub, clock } = createTestHub();
  await hub.devices.create({ deviceId: "d1" });
  const connect = (inlet?: MethodInlet) => {
    const session = openTestSession(hub, key);
    session.methods = inlet;
    return session;
  };
  return { hub, clock, connect };
}

const answering = (response: MethodResponse): MethodInlet => ({
  invoke: () => ({ response: Promise.resolve(response), abandon: () => {} }),
});

/** Takes the call and never answers. */
function silent() {
  const state = { isAbandoned: false };
  const inlet: MethodInlet = {
    invoke: () => ({
      response: new Promise(() => {}),
      abandon: () => void (state.isAbandoned = true),
    }),
  };
  return { inlet, state };
}

describe("a direct method", () => {
  test("brings back whatever the device says", async () => {
    const { hub, connect } = await setUp();
    connect(answering({ status: -7, payload: ["no"] }));
    expect(await hub.methods.invoke(invocation)).toEqual({ status: -7, payload: ["no"] });
  });

  test("fails at once when the device is unknown, away, or not listening", async () => {
    const { hub, connect } = await setUp();
    const call = (deviceId: string) => hub.methods.invoke({ ...invocation, key: { deviceId } });
    await expect(call("nobody")).rejects.toMatchObject({ code: "DeviceNotFound" });
    await expect(call("d1")).rejects.toMatchObject({ code: "DeviceNotOnline" });
    connect();
    await expect(call("d1")).rejects.toMatchObject({ code: "DeviceNotOnline" });
  });

  test("waits for the device as long as the connect time-out says", async () => {
    const { hub, clock, connect } = await setUp();
    const early = hub.methods.invoke({ ...invocation, connectTimeoutMs: 10_000 });
    await settle();
    await clock.advance(9_999);
    connect(answering({ status: 200, payload: null }));
    expect(await early).toMatchObject({ status: 200 });
    hub.sessions.close(key, "shutdown");
    const late = expect(
      hub.methods.invoke({ ...invocation, connectTimeoutMs: 10_000 }),
    ).rejects.toMatchObject({ code: "DeviceNotOnline" });
    await settle();
    await clock.advance(10_000);
    await late;
  });

  test("ends when the device does not answer in time, and forgets the call", async () => {
    const { hub, clock, connect } = await setUp();
    const { inlet, state } = silent();
    connect(inlet);
    const call = expect(hub.methods.invoke(invocation)).rejects.toMatchObject({
      code: "DeviceTimeout",
    });
    await settle();
    await clock.advance(5000);
    await call;
    expect(state.isAbandoned).toBe(true);
  });

  test("ends when the device's connection does", async () => {
    const { hub, connect } = await setUp();
    const session = connect(silent().inlet);
    const call = expect(hub.methods.invoke(invocation)).rejects.toMatchObject({
      code: "DeviceConnectionClosed",
    });
    await settle();
    session.end();
    await call;
  });

  test("is refused while too many wait for an answer", async () => {
    const { hub, connect } = await setUp();
    const session = connect(silent().inlet);
    const waiting = Array.from({ length: 100 }, () =>
      hub.methods.invoke(invocation).catch(() => {}),
    );
    await settle();
    await expect(hub.methods.invoke(invocation)).rejects.toMatchObject({
      code: "TooManyMethodsInFlight",
    });
    session.end();
    await Promise.all(waiting);
  });

  test.each(["", "a b", "a/b", "é", "x".repeat(101)])("cannot be named %j", async (name) => {
    const { hub } = await setUp();
    await expect(hub.methods.invoke({ ...invocation, name })).rejects.toMatchObject({
      code: "ArgumentInvalid",
    });
  });
});
