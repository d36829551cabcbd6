import { expect, test } from "vitest";
import { DEFAULT_COMMAND_SETTINGS } from "../commands/command-settings.ts";
import { DEFAULT_FILE_UPLOAD_SETTINGS } from "../files/uploads/file-upload-settings.ts";
import { testSecrets, testSettings } from "../fixtures/index.fixture.ts";
import type { StoredHubSettings } from "./hub-settings.ts";
import { completeHubSettings } from "./hub-settings.ts";

test("settings that say everything stay as they are", () => {
  const settings = testSettings();
  expect(completeHubSettings(settings, testSecrets)).toEqual(settings);
});

test("settings from before there were files get defaults, and keys of their own", () => {
  const { fileUpload: _, blobAccountKeys: __, ...old } = testSettings();
  const one = completeHubSettings(old, testSecrets);
  const other = completeHubSettings(old, testSecrets);
  expect(one).toEqual({ ...testSettings(), ...old, blobAccountKeys: one.blobAccountKeys });
  expect(one.fileUpload).toEqual(DEFAULT_FILE_UPLOAD_SETTINGS);
  const { primaryKey, secondaryKey } = one.blobAccountKeys;
  expect(new Set([primaryKey, secondaryKey, other.blobAccountKeys.primaryKey]).size).toBe(3);
});

test("settings that lack a part of a section keep the rest of it", () => {
  const { notifies: _, ...fileUpload } = { ...DEFAULT_FILE_UPLOAD_SETTINGS, activeMax: 3 };
  const { lockDurationMs: __, ...commands } = { ...DEFAULT_COMMAND_SETTINGS, queueLengthMax: 7 };
  const old = { ...testSettings(), fileUpload, commands } as StoredHubSettings;
  const complete = completeHubSettings(old, testSecrets);
  expect(complete.fileUpload).toEqual({ ...DEFAULT_FILE_UPLOAD_SETTINGS, activeMax: 3 });
  expect(complete.commands).toEqual({ ...DEFAULT_COMMAND_SETTINGS, queueLengthMax: 7 });
});
