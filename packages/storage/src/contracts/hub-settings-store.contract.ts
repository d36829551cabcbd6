import {
  DEFAULT_COMMAND_SETTINGS,
  DEFAULT_FILE_UPLOAD_SETTINGS,
  DEFAULT_HUB_RESOURCE,
  DEFAULT_ROUTING_SETTINGS,
  type HubSettings,
  type HubSettingsStore,
} from "@larimar/domain";
import { describe, expect, test } from "vitest";

/** `open` gives an empty store each time. */
export function hubSettingsStoreContract(
  name: string,
  open: () => Promise<HubSettingsStore>,
): void {
  describe(`HubSettingsStore contract: ${name}`, () => {
    test("gives back what it was given", async () => {
      const store = await open();
      expect(await store.put(settings("local", "a"), undefined)).toBe("written");
      expect(await store.find("local")).toEqual(settings("local", "a"));
      expect(await store.find("other")).toBeUndefined();
    });

    test("refuses a second hub of the same name, however it is written", async () => {
      const store = await open();
      await store.put(settings("Local", "a"), undefined);
      expect(await store.put(settings("local", "b"), undefined)).toBe("conflict");
      expect((await store.find("LOCAL"))?.name).toBe("Local");
    });

    test("updates only what still has the expected etag", async () => {
      const store = await open();
      expect(await store.put(settings("local", "b"), "a")).toBe("conflict");
      await store.put(settings("local", "a"), undefined);
      expect(await store.put(settings("local", "b"), "a")).toBe("written");
      expect(await store.put(settings("local", "c"), "a")).toBe("conflict");
      expect((await store.find("local"))?.etag).toBe("b");
    });

    test("forgets what it is told to, however the name is written, and takes the name again", async () => {
      const store = await open();
      await store.put(settings("local", "a"), undefined);
      await store.put(settings("other", "a"), undefined);
      await store.delete("LOCAL");
      await store.delete("unknown");
      expect(await store.find("local")).toBeUndefined();
      expect((await store.list()).map((hub) => hub.name)).toEqual(["other"]);
      expect(await store.put(settings("local", "b"), undefined)).toBe("written");
    });

    test("lists hubs in the order in which they were created", async () => {
      const store = await open();
      for (const name of ["second", "first", "third"]) {
        await store.put(settings(name, "a"), undefined);
      }
      await store.put(settings("second", "b"), "a");
      const names = (await store.list()).map((hub) => hub.name);
      expect(names).toEqual(["second", "first", "third"]);
    });
  });
}

function settings(name: string, etag: string): HubSettings {
  return {
    name,
    etag,
    createdAtMs: 1_700_000_000_000,
    hostNames: ["localhost", "hub.example"],
    policies: [{ name: "device", primaryKey: "p", secondaryKey: "s", rights: ["DeviceConnect"] }],
    partitionCount: 4,
    consumerGroups: ["$Default"],
    eventRetention: { ageMs: 1000, bytesMax: 2000 },
    commands: DEFAULT_COMMAND_SETTINGS,
    fileUpload: DEFAULT_FILE_UPLOAD_SETTINGS,
    blobAccountKeys: { primaryKey: "p", secondaryKey: "s" },
    routing: DEFAULT_ROUTING_SETTINGS,
    resource: DEFAULT_HUB_RESOURCE,
    isDeleted: false,
  };
}
