import { describe, expect, test } from "vitest";
import { createTestHub } from "../fixtures/index.fixture.ts";
import { rotateKeys } from "./key-rotation.ts";

async function hubWithKeys() {
  const { hub } = createTestHub();
  const input = { deviceId: "d1", status: "disabled", statusReason: "why" } as const;
  const { device } = await hub.devices.create(input);
  await hub.modules.create({ deviceId: "d1", moduleId: "m1" });
  return { hub, before: device.authentication as { primaryKey: string; secondaryKey: string } };
}

describe("key rotation", () => {
  test.each([
    { which: "primaryKey", renewed: ["primaryKey"] },
    { which: "secondaryKey", renewed: ["secondaryKey"] },
    { which: "both", renewed: ["primaryKey", "secondaryKey"] },
  ] as const)("makes a new $which and leaves the rest as it is", async ({ which, renewed }) => {
    const { hub, before } = await hubWithKeys();
    const { rotated, errors } = await rotateKeys(hub, [{ deviceId: "d1" }], which);
    expect(errors).toEqual([]);
    const { device } = await hub.devices.get("d1");
    expect(device).toMatchObject({ status: "disabled", statusReason: "why" });
    const after = device.authentication as typeof before;
    for (const name of ["primaryKey", "secondaryKey"] as const) {
      const isRenewed = (renewed as readonly string[]).includes(name);
      expect(after[name] !== before[name]).toBe(isRenewed);
      expect(rotated[0]?.[name]).toBe(isRenewed ? after[name] : undefined);
    }
  });

  test("takes modules, and refuses each identity without keys for itself", async () => {
    const { hub } = await hubWithKeys();
    const authentication = { type: "certificateAuthority" } as const;
    await hub.devices.create({ deviceId: "d2", authentication });
    const module = { deviceId: "d1", moduleId: "m1" };
    const keys = [{ deviceId: "d2" }, { deviceId: "missing" }, module];
    const { rotated, errors } = await rotateKeys(hub, keys, "both");
    expect(rotated.map(({ key }) => key)).toEqual([module]);
    expect(errors.map(({ error }) => error.code)).toEqual(["ArgumentInvalid", "DeviceNotFound"]);
    expect((await hub.devices.get("d2")).device.authentication).toEqual(authentication);
  });

  test("keeps keys that somebody else sets meanwhile", async () => {
    const { hub } = await hubWithKeys();
    const foreign = Buffer.alloc(32, 7).toString("base64");
    const { devices, modules, twins } = hub;
    let isDisturbed = false;
    const disturbed = Object.create(devices, {
      get: {
        value: async (deviceId: string) => {
          const found = await devices.get(deviceId);
          if (!isDisturbed) {
            isDisturbed = true;
            const authentication = { primaryKey: foreign, secondaryKey: foreign };
            await devices.update({ deviceId, authentication }, "any");
          }
          return found;
        },
      },
      update: { value: devices.update.bind(devices) },
    }) as typeof devices;
    const parts = { devices: disturbed, modules, twins };
    const { errors } = await rotateKeys(parts, [{ deviceId: "d1" }], "primaryKey");
    expect(errors).toEqual([]);
    const { authentication } = (await devices.get("d1")).device;
    expect(authentication).toMatchObject({ secondaryKey: foreign });
    expect(authentication).not.toMatchObject({ primaryKey: foreign });
  });
});
