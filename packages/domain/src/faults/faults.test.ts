import { describe, expect, test } from "vitest";
import { paperCertificate, presented } from "../certificates/paper-certificates.fixture.ts";
import { createTestHub, openTestSession } from "../fixtures/index.fixture.ts";
import type { InjectedFault } from "../sessions/session.ts";
import type { PropertyValue } from "../telemetry/message.ts";
import { messageProperties } from "../telemetry/message.ts";
import { readFaultRequest } from "./fault-request.ts";

const key = { deviceId: "d1" };

function fault(type: string, more: Record<string, PropertyValue> = {}) {
  return new Map<string, PropertyValue>([
    ["AzIoTHub_FaultOperationType", type],
    ...Object.entries(more).map(
      ([name, value]) => [`AzIoTHub_FaultOperation${name}`, value] as const,
    ),
  ]);
}

function setUp(allowsFaults = true) {
  const { hub, clock, eventLog } = createTestHub({ allowsFaults });
  const injected: InjectedFault[] = [];
  const session = openTestSession(hub, key, {
    close: () => {},
    injectFault: (request) => injected.push(request),
  });
  const send = (application: ReadonlyMap<string, PropertyValue> = new Map()) =>
    hub.telemetry.accept(session, [
      { properties: messageProperties({}, application), body: new Uint8Array() },
    ]);
  return { hub, clock, eventLog, injected, send };
}

describe("a device that asks for a fault", () => {
  test("gets it after the time it said", async () => {
    const { clock, injected, send } = setUp();
    await send(fault("KillTcp", { CloseReason: "boom", DelayInSecs: "2" }));
    await clock.advance(1999);
    expect(injected).toEqual([]);
    await clock.advance(1);
    expect(injected).toEqual([{ type: "KillTcp", reason: "boom" }]);
  });

  test("stays cut off for as long as it said", async () => {
    const { hub, clock, send } = setUp();
    const leaf = paperCertificate({ commonName: "d1" });
    const certificate = presented(leaf);
    const primaryThumbprint = certificate.sha256Thumbprint;
    await hub.devices.create({ deviceId: "d1", authentication: { primaryThumbprint } });
    const connect = () => hub.access.authenticate(key, { certificate });
    await send(fault("KillTcp", { DurationInSecs: 5 }));
    await expect(connect()).rejects.toMatchObject({ code: "Busy" });
    await clock.advance(5000);
    await expect(connect()).resolves.toBeDefined();
  });

  test.each([
    ["InvokeThrottling", "Throttled"],
    ["InvokeMaxMessageQuota", "QuotaExceeded"],
    ["InvokeAuthError", "Unauthorized"],
  ])("is answered with what it asked for: %s", async (type, code) => {
    const { clock, injected, send } = setUp();
    await send(fault(type, { DurationInSecs: 5 }));
    expect(() => send()).toThrow(expect.objectContaining({ code }) as Error);
    await clock.advance(5000);
    await expect(send()).resolves.toBeUndefined();
    expect(injected).toEqual([]);
  });

  test("gets nothing from a hub whose operator did not allow it", async () => {
    const { clock, injected, send } = setUp(false);
    await send(fault("KillTcp"));
    await send(fault("InvokeThrottling", { DurationInSecs: 5 }));
    await clock.advance(1);
    expect(injected).toEqual([]);
    await expect(send()).resolves.toBeUndefined();
  });

  test("has its message kept like any other", async () => {
    const { eventLog, send } = setUp();
    await send(fault("KillTcp"));
    const kept = await Promise.all(
      [0, 1, 2, 3].map((partition) => eventLog.read(partition, 0, { bytesMax: Infinity })),
    );
    expect(kept.flat()).toHaveLength(1);
  });
});

test("numbers that make no sense are as good as none, and texts have an end", () => {
  const request = readFaultRequest(
    fault("x".repeat(200), {
      DelayInSecs: "soon",
      DurationInSecs: -1,
      CloseReason: "y".repeat(999),
    }),
  );
  expect(request).toMatchObject({ delayMs: 0, durationMs: 0 });
  expect(request!.type).toHaveLength(128);
  expect(request!.reason).toHaveLength(128);
  expect(readFaultRequest(fault("KillTcp", { DelayInSecs: 1e12 }))?.delayMs).toBe(3_600_000);
  expect(readFaultRequest(new Map())).toBeUndefined();
});
