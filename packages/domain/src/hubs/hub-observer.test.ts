import { expect, test } from "vitest";
import { createTestHub } from "../fixtures/test-hub.fixture.ts";

test("observers hear of what happened to devices and modules, in order", async () => {
  const { hub } = createTestHub();
  const heard: string[] = [];
  using _observing = hub.observers.add({
    identityCreated: (key) => heard.push(`created ${Object.values(key).join("/")}`),
    identityUpdated: (key) => heard.push(`updated ${Object.values(key).join("/")}`),
    identityDeleted: (key, twin) =>
      heard.push(`deleted ${Object.values(key).join("/")} at version ${twin?.version}`),
    twinChanged: ({ kind, twin }) => heard.push(`${kind} ${twin.key.deviceId}`),
  });
  await hub.devices.create({ deviceId: "press" });
  await hub.modules.create({ deviceId: "press", moduleId: "camera" });
  await hub.twins.update({ deviceId: "press" }, { tags: { hall: 3 } }, "any");
  await hub.devices.update({ deviceId: "press", status: "disabled" }, "any");
  await hub.modules.delete({ deviceId: "press", moduleId: "camera" }, "any");
  await hub.devices.delete("press", "any");
  expect(heard).toEqual([
    "created press",
    "created press/camera",
    "updateTwin press",
    "updated press",
    "deleted press/camera at version 2",
    "deleted press at version 3",
  ]);
});

test("nobody hears of what was refused", async () => {
  const { hub } = createTestHub();
  await hub.devices.create({ deviceId: "press" });
  const heard: string[] = [];
  using _observing = hub.observers.add({
    identityCreated: () => heard.push("created"),
    identityDeleted: () => heard.push("deleted"),
  });
  await expect(hub.devices.create({ deviceId: "press" })).rejects.toThrow();
  await expect(hub.devices.delete("press", { etag: "another" })).rejects.toThrow();
  await expect(hub.devices.delete("unknown", "any")).rejects.toThrow();
  expect(heard).toEqual([]);
});
