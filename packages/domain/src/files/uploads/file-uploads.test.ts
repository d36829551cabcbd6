import { describe, expect, test } from "vitest";
import { createTestHub, testSettings } from "../../fixtures/index.fixture.ts";
import type { HubParts } from "../../hubs/hub.ts";
import type { TestHub } from "../../fixtures/index.fixture.ts";
import { HubError } from "../../errors/hub-error.ts";
import type { UploadAccount } from "./file-upload.ts";
import { DEFAULT_FILE_UPLOAD_SETTINGS } from "./file-upload-settings.ts";

const key = { deviceId: "d1" };
const success = { isSuccess: true, statusCode: 200, statusDescription: "OK" };
const failure = { isSuccess: false, statusCode: -1, statusDescription: "no" };
const { timeToLiveMs, activeMax } = DEFAULT_FILE_UPLOAD_SETTINGS;
const HOUR_MS = 60 * 60 * 1000;

/** An account of whose blobs the test has a list. */
class PaperAccount implements UploadAccount {
  readonly blobs = new Map<string, number>();
  isAway = false;

  async destinationFor({ blobName }: { blobName: string }) {
    return { hostName: "h", containerName: "c", sasToken: `?${blobName}` };
  }

  async describe(blobName: string) {
    if (this.isAway) throw new HubError("Busy", "The account does not answer");
    const sizeBytes = this.blobs.get(blobName);
    if (sizeBytes === undefined) return undefined;
    return { blobUri: `https://h/c/${blobName}`, sizeBytes, lastModifiedMs: 77 };
  }
}

function start(overrides: Partial<HubParts> = {}) {
  const account = new PaperAccount();
  const testHub = createTestHub({ uploadAccount: () => account, ...overrides });
  const { files, fileNotifications } = testHub.hub;
  const begin = (name = "a.txt") => files.begin(key, { name, reachedAs: undefined });
  return { ...testHub, account, files, fileNotifications, begin };
}

describe("beginning an upload", () => {
  test("puts the identity's folder in front of the name", async () => {
    const { files, begin } = start();
    expect(await begin("logs/a.txt")).toEqual({
      hostName: "h",
      containerName: "c",
      sasToken: "?d1/logs/a.txt",
      blobName: "d1/logs/a.txt",
      correlationId: expect.stringMatching(/^[\da-f-]+$/) as string,
    });
    const module = { deviceId: "d1", moduleId: "m1" };
    const begun = await files.begin(module, { name: "a", reachedAs: undefined });
    expect(begun.blobName).toBe("d1/m1/a");
  });

  test.each([
    "",
    ".",
    "..",
    "../d2/a",
    "a/../../b",
    "a//b",
    "/a",
    "a/",
    "a\\..\\b",
    "a\0",
    "\ud800",
  ])("refuses the name %j", async (name) => {
    await expect(start().begin(name)).rejects.toMatchObject({ code: "ArgumentInvalid" });
  });

  test("counts the folder as part of the name's length", async () => {
    const { begin } = start();
    expect((await begin("x".repeat(1021))).blobName).toHaveLength(1024);
    await expect(begin("x".repeat(1022))).rejects.toMatchObject({ code: "ArgumentInvalid" });
  });

  test("is refused while as many are under way as may be, for each identity", async () => {
    const { files, begin, clock } = start();
    const begun = [];
    for (let n = 0; n < activeMax; n++) begun.push(await begin());
    await expect(begin()).rejects.toMatchObject({
      code: "TooManyUploads",
      details: { deviceId: "d1" },
    });
    await files.begin({ deviceId: "d2" }, { name: "a", reachedAs: undefined });
    await files.finish(key, begun[0]!.correlationId, failure);
    await begin();
    await expect(begin()).rejects.toMatchObject({ code: "TooManyUploads" });
    await clock.advance(timeToLiveMs);
    await begin();
  });

  test("is refused without an account, and takes no place then", async () => {
    const settings: { account?: UploadAccount } = {};
    const { files } = createTestHub({ uploadAccount: () => settings.account }).hub;
    const begin = () => files.begin(key, { name: "a", reachedAs: undefined });
    for (let n = 0; n <= activeMax; n++) {
      await expect(begin()).rejects.toMatchObject({ code: "StorageNotConfigured" });
    }
    settings.account = new PaperAccount();
    expect((await begin()).hostName).toBe("h");
  });
});

describe("finishing an upload", () => {
  test("tells back ends what was uploaded", async () => {
    const { files, fileNotifications, account, begin, clock } = start();
    const { correlationId, blobName } = await begin();
    account.blobs.set(blobName, 12);
    await files.finish(key, correlationId, success);
    expect(await fileNotifications.receive()).toMatchObject({
      enqueuedAtMs: clock.now(),
      records: [
        {
          deviceId: "d1",
          blobUri: "https://h/c/d1/a.txt",
          blobName: "d1/a.txt",
          lastUpdatedAtMs: 77,
          blobSizeBytes: 12,
          enqueuedAtMs: clock.now(),
        },
      ],
    });
  });

  test("tells of one upload at a time, at once", async () => {
    const { files, fileNotifications, account, begin } = start();
    const delivered: unknown[] = [];
    fileNotifications.subscribe({
      capacity: 10,
      deliver: (batch) => delivered.push(batch.records),
    });
    for (const name of ["a", "b"]) {
      const { correlationId, blobName } = await begin(name);
      account.blobs.set(blobName, 1);
      await files.finish(key, correlationId, success);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(delivered).toMatchObject([[{ blobName: "d1/a" }], [{ blobName: "d1/b" }]]);
  });

  test("tells nobody of a failure, or when nobody wants to hear", async () => {
    const { files, fileNotifications, account, begin } = start();
    const { correlationId, blobName } = await begin();
    account.blobs.set(blobName, 12);
    await files.finish(key, correlationId, failure);
    expect(await fileNotifications.receive()).toBeUndefined();

    const fileUpload = { ...DEFAULT_FILE_UPLOAD_SETTINGS, notifies: false };
    const quiet = createTestHub({ uploadAccount: () => account }, testSettings({ fileUpload }));
    const begun = await quiet.hub.files.begin(key, { name: "a.txt", reachedAs: undefined });
    await quiet.hub.files.finish(key, begun.correlationId, success);
    expect(await quiet.hub.fileNotifications.receive()).toBeUndefined();
  });

  test("happens once", async () => {
    const { files, begin } = start();
    const { correlationId } = await begin();
    await files.finish(key, correlationId, failure);
    await expect(files.finish(key, correlationId, failure)).rejects.toMatchObject({
      code: "CorrelationIdUnknown",
    });
  });

  test("can be repeated when nothing was there, or the account did not answer", async () => {
    const { files, account, begin } = start();
    const { correlationId, blobName } = await begin();
    const finish = () => files.finish(key, correlationId, success);
    await expect(finish()).rejects.toMatchObject({ code: "BlobNotFound" });
    account.blobs.set(blobName, 1);
    account.isAway = true;
    await expect(finish()).rejects.toMatchObject({ code: "Busy" });
    account.isAway = false;
    await expect(finish()).resolves.toBeUndefined();
  });

  test("is for the identity that began it", async () => {
    const { files, begin } = start();
    const { correlationId } = await begin();
    for (const other of [{ deviceId: "d2" }, { deviceId: "d1", moduleId: "m1" }]) {
      await expect(files.finish(other, correlationId, failure)).rejects.toMatchObject({
        code: "CorrelationIdUnknown",
      });
    }
  });

  test("comes too late after its time, and is unknown a day later", async () => {
    const { files, begin, clock } = start();
    const ids = [await begin(), await begin()].map(({ correlationId }) => correlationId);
    await clock.advance(timeToLiveMs);
    await expect(files.finish(key, ids[0]!, success)).rejects.toMatchObject({
      code: "CorrelationIdExpired",
    });
    // The hub itself forgets it in the meantime.
    await clock.advance(25 * HOUR_MS);
    await expect(files.finish(key, ids[1]!, success)).rejects.toMatchObject({
      code: "CorrelationIdUnknown",
    });
  });
});

test("a notification that nobody takes is forgotten in time", async () => {
  const testHub: TestHub & { account: PaperAccount } = start();
  const { hub, account, clock } = testHub;
  account.blobs.set("d1/a", 1);
  const { correlationId } = await hub.files.begin(key, { name: "a", reachedAs: undefined });
  await hub.files.finish(key, correlationId, success);
  await clock.advance(DEFAULT_FILE_UPLOAD_SETTINGS.notifications.timeToLiveMs + HOUR_MS);
  expect(await hub.fileNotifications.receive()).toBeUndefined();
});
