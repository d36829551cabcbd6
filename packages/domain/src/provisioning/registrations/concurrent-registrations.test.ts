import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settle } from "../../fixtures/manual-clock.fixture.ts";
import { testSecrets } from "../../fixtures/test-secrets.fixture.ts";
import { TestDevice } from "../fixtures/test-device.fixture.ts";
import { createTestProvisioning, linkedHub } from "../fixtures/test-provisioning.fixture.ts";

const groupKey = testSecrets.createKey();
const names = ["hub1.test", "hub2.test", "hub3.test"];

/** What can happen around one device, in any order and at any time. */
const step = fc.oneof(
  fc.record({ kind: fc.constant("register" as const), payload: fc.nat(2) }),
  fc.record({ kind: fc.constant("allow" as const), hub: fc.constantFrom(...names) }),
  fc.record({ kind: fc.constant("break" as const), hub: fc.constantFrom(...names) }),
  fc.record({ kind: fc.constant("mend" as const) }),
  fc.record({ kind: fc.constant("hold" as const) }),
  fc.record({
    kind: fc.constant("release" as const),
    order: fc.constantFrom("first" as const, "last" as const),
  }),
  fc.record({ kind: fc.constant("lose" as const) }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(0, 20_000, 45_000) }),
);

describe("whatever happens around a device that registers", () => {
  test("it is one identity when all is well again", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.boolean(), async (steps, migrate) => {
        const linked = names.map((name) => linkedHub(name));
        const provisioning = createTestProvisioning({ linked });
        const { hubs, clock, service } = provisioning;
        const allow = (iotHubs: string[]) =>
          service.enrollmentGroups.put({
            id: "group",
            attestation: { type: "symmetricKey", primaryKey: groupKey },
            iotHubs,
            reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: migrate },
          });
        await allow(names);
        const device = TestDevice.ofGroup(provisioning, "dev-1", groupKey);
        for (const next of steps) {
          if (next.kind === "register") {
            await device.begin(next.payload).catch((error: { code: string }) => {
              expect(error.code).toBe("RegistrationConflict");
            });
          } else if (next.kind === "allow") await allow([next.hub]);
          else if (next.kind === "break") hubs.broken.add(next.hub);
          else if (next.kind === "mend") {
            hubs.broken.clear();
            hubs.losesAnswers = false;
          } else if (next.kind === "hold") hubs.hold();
          else if (next.kind === "release") hubs.release(next.order);
          else if (next.kind === "lose") hubs.losesAnswers = true;
          else await clock.advance(next.ms);
        }
        hubs.broken.clear();
        hubs.losesAnswers = false;
        hubs.release();
        await settle();
        await clock.advance(45_000);
        const { assignment, failure } = await device.register();
        expect(failure).toBeUndefined();
        await clock.advance(120_000);
        const places: string[] = [];
        for (const name of names) {
          const found = (await hubs.hubs.get(name)?.hub.devices.list(10)) ?? [];
          places.push(...found.map((item) => `${name}/${item.device.deviceId}`));
        }
        expect(places).toEqual([`${assignment?.hub}/dev-1`]);
      }),
      { numRuns: 300 },
    );
  });
});
