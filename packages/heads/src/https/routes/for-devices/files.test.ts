import { DEFAULT_FILE_UPLOAD_SETTINGS } from "@larimar/domain";
import { createTestHub, testSettings } from "@larimar/domain/fixtures";
import { describe, expect, test } from "vitest";
import { type TestHead, startTestHead } from "../../test-head.fixture.ts";

interface Destination {
  readonly correlationId: string;
  readonly hostName: string;
  readonly containerName: string;
  readonly blobName: string;
  readonly sasToken: string;
}

const files = "/devices/d1/files";
const notifications = `${files}/notifications`;
const success = { isSuccess: true, statusCode: 200, statusDescription: "fine" };
const error = (status: number, name: string) => ({
  status,
  headers: { "iothub-errorcode": name },
});

async function begin(head: TestHead, token: string, blobName = "a.txt"): Promise<Destination> {
  const response = await head.send("POST", files, { token, body: { blobName } });
  expect(response.status).toBe(200);
  return response.json as Destination;
}

/** As if the device had uploaded something. */
async function upload(head: TestHead, blobName: string): Promise<void> {
  const address = { containerName: "uploads", blobName };
  const content = (async function* () {
    yield Buffer.from("hello");
  })();
  const conditions = {
    ifMatch: undefined,
    ifNoneMatch: undefined,
    ifModifiedSinceMs: undefined,
    ifUnmodifiedSinceMs: undefined,
  };
  const headers = {
    contentType: undefined,
    contentEncoding: undefined,
    contentLanguage: undefined,
    contentDisposition: undefined,
    cacheControl: undefined,
    contentMd5: undefined,
  };
  await head.hub.blobs.put(
    { address, headers, metadata: new Map(), conditions, mayReplace: true },
    { chunks: content, sizeBytes: undefined, md5: undefined },
  );
}

async function notified(head: TestHead): Promise<unknown[]> {
  const found: unknown[] = [];
  for (;;) {
    const batch = await head.hub.fileNotifications.receive();
    if (batch === undefined) return found;
    found.push(...batch.records);
    await head.hub.fileNotifications.complete(batch.lockToken);
  }
}

describe("a device that wants to upload a file", () => {
  test("is told where to, in the parts that SDKs put together", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const headers = { host: "hub.example:8443" };
    const body = { blobName: "logs/a b.txt" };
    const response = await head.send("POST", files, { token, headers, body });
    expect(response).toMatchObject({ status: 200, headers: { "content-type": /json/ } });
    const destination = response.json as Destination;
    expect(destination).toEqual({
      correlationId: expect.stringMatching(/^[\da-f-]+$/) as string,
      hostName: "hub.example:8443",
      containerName: "uploads",
      blobName: "d1/logs/a b.txt",
      sasToken: expect.stringMatching(/^\?/) as string,
    });
  });

  test.each(["evil.example/path", "user@evil.example", "h:p", "h:443443"])(
    "is not sent to a host like %j, whoever said so",
    async (host) => {
      await using head = await startTestHead();
      const { token } = await head.createDevice("d1");
      const body = { blobName: "a" };
      const response = await head.send("POST", files, { token, headers: { host }, body });
      expect(response.json).toMatchObject({ hostName: "nowhere" });
    },
  );

  test.each([
    ["a slash at the end", "/devices/d1/files/?api-version=2016-11-14"],
    ["other letters", "/Devices/d1/FILES?api-version=1"],
  ])("may write its path with %s", async (_, path) => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    expect((await head.send("POST", path, { token, body: { blobName: "a" } })).status).toBe(200);
  });

  test("may leave its id as it is", async () => {
    await using head = await startTestHead();
    const deviceId = "d:1+2,(3)*$@=;!'";
    const { token } = await head.createDevice(deviceId);
    const path = `/devices/${deviceId}/files/?api-version=2016-11-14`;
    const response = await head.send("POST", path, { token, body: { blobName: "a" } });
    expect(response.json).toMatchObject({ blobName: `${deviceId}/a` });
  });

  test("may send a blank authorization beside its certificate", async () => {
    const certificate = {
      sha1Thumbprint: "A".repeat(40),
      sha256Thumbprint: "B".repeat(64),
      notBeforeMs: 0,
      notAfterMs: Number.MAX_SAFE_INTEGER,
    };
    const context = { certificate: certificate as never };
    await using head = await startTestHead({ context });
    await head.hub.devices.create({
      deviceId: "d1",
      authentication: { type: "selfSigned", primaryThumbprint: "A".repeat(40) },
    });
    const headers = { authorization: "" };
    const response = await head.send("POST", files, { headers, body: { blobName: "a" } });
    expect(response.status).toBe(200);
  });

  test("may be a module, which has a folder in its device's", async () => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    const { module } = await head.hub.modules.create({ deviceId: "d1", moduleId: "m1" });
    const { authentication } = module;
    const key = authentication.type === "sas" ? authentication.primaryKey : "";
    const token = head.sign(key, "localhost/devices/d1/modules/m1");
    const path = "/devices/d1/modules/m1/files";
    const begun = await head.send("POST", path, { token, body: { blobName: "a" } });
    expect(begun.json).toMatchObject({ blobName: "d1/m1/a" });
    await upload(head, "d1/m1/a");
    const { correlationId } = begun.json as Destination;
    const finish = (target: string) =>
      head.send("POST", target, { token, body: { ...success, correlationId } });
    // Its device knows nothing of it.
    expect((await finish(notifications)).status).toBe(401);
    expect((await finish(`${path}/notifications`)).status).toBe(204);
    expect(await notified(head)).toMatchObject([{ deviceId: "d1", blobName: "d1/m1/a" }]);
  });

  test("has only so many uploads at once, until it reports on one or they expire", async () => {
    await using head = await startTestHead();
    const { key } = await head.createDevice("d1");
    const token = () => head.sign(key, "localhost/devices/d1");
    const all: Destination[] = [];
    for (let n = 0; n < 10; n++) all.push(await begin(head, token()));
    const eleventh = () =>
      head.send("POST", files, { token: token(), body: { blobName: "eleventh" } });
    expect(await eleventh()).toMatchObject(
      error(403, "DeviceMaximumActiveFileUploadLimitExceeded"),
    );
    const body = { correlationId: all[0]!.correlationId, isSuccess: false };
    await head.send("POST", notifications, { token: token(), body });
    expect((await eleventh()).status).toBe(200);
    expect((await eleventh()).status).toBe(403);
    await head.clock.advance(DEFAULT_FILE_UPLOAD_SETTINGS.timeToLiveMs);
    expect((await eleventh()).status).toBe(200);
  });

  test.each([
    ["no name", {}, 400, "ArgumentInvalid"],
    ["an empty name", { blobName: "" }, 400, "ArgumentInvalid"],
    ["a name that is no text", { blobName: 1 }, 400, "ArgumentInvalid"],
    ["a name that leads out of its folder", { blobName: "../d2/a" }, 400, "ArgumentInvalid"],
    ["a name with backward slashes", { blobName: "..\\d2" }, 400, "ArgumentInvalid"],
    ["a name with a line break", { blobName: "a\nb" }, 400, "ArgumentInvalid"],
    ["a name that is too long", { blobName: "x".repeat(1022) }, 400, "ArgumentInvalid"],
    ["nothing at all", "", 400, "ArgumentNull"],
    ["something cut off", '{"blobName":"ä"', 400, "DeserializationError"],
    ["far too much", "x".repeat(70_000), 413, "GenericRequestEntityTooLarge"],
  ])("with %s is refused", async (_, body, status, name) => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    expect(await head.send("POST", files, { token, body })).toMatchObject(error(status, name));
  });

  test("that miscounts its request is told not to use the connection again", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const body = JSON.stringify({ blobName: "ä.txt" });
    const text = await head.exchange(
      `POST ${files}?api-version=1 HTTP/1.1\r\nHost: h\r\nAuthorization: ${token}\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 400 .*\r\nconnection: close\r\n/is);
    expect(text).toContain("DeserializationError");
  });

  test("needs a proof of its own, and an api-version", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const { token: other } = await head.createDevice("d2");
    const body = { blobName: "a" };
    expect(await head.send("POST", files, { body })).toMatchObject(
      error(401, "IotHubUnauthorizedAccess"),
    );
    expect(await head.send("POST", files, { body, token: other })).toMatchObject(
      error(401, "IotHubUnauthorizedAccess"),
    );
    expect(await head.send("POST", `${files}?x=1`, { body, token })).toMatchObject(
      error(400, "InvalidProtocolVersion"),
    );
    const policy = "iothubowner";
    expect(await head.send("POST", "/devices/gone/files", { body, policy })).toMatchObject(
      error(404, "DeviceNotFound"),
    );
  });

  test("is told when the hub has no storage", async () => {
    const testHub = createTestHub({ uploadAccount: () => undefined });
    await using head = await startTestHead({ testHub });
    const { token } = await head.createDevice("d1");
    expect(await head.send("POST", files, { token, body: { blobName: "a" } })).toMatchObject(
      error(400, "DefaultStorageEndpointNotConfigured"),
    );
  });
});

describe("a device that has uploaded a file", () => {
  test.each([
    ["in the body", (id: string) => [notifications, { ...success, correlationId: id }] as const],
    ["in the path", (id: string) => [`${notifications}/${id}`, success] as const],
    [
      "in the path, beside a null in the body",
      (id: string) =>
        [
          `${notifications}/${id}`,
          { correlationId: null, isSuccess: true, statusCode: 0, statusDescription: null },
        ] as const,
    ],
    [
      "in a body with other letters, after a slash",
      (id: string) =>
        [
          `${notifications}/?api-version=2016-11-14`,
          { CorrelationId: id, IsSuccess: true },
        ] as const,
    ],
  ])("names it %s, and back ends hear of it once", async (_, requestOf) => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const { correlationId, blobName } = await begin(head, token);
    await upload(head, blobName);
    const [path, body] = requestOf(correlationId);
    const response = await head.send("POST", path, { token, body });
    expect(response).toMatchObject({ status: 204, text: "" });
    expect(await notified(head)).toEqual([
      {
        deviceId: "d1",
        blobUri: "https://blobs.example/uploads/d1/a.txt",
        blobName: "d1/a.txt",
        lastUpdatedAtMs: head.clock.now(),
        blobSizeBytes: 5,
        enqueuedAtMs: head.clock.now(),
      },
    ]);
    expect(await head.send("POST", path, { token, body })).toMatchObject(
      error(400, "InvalidFileUploadCorrelationId"),
    );
  });

  test("may say that it failed, and nobody hears of it", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const { correlationId, blobName } = await begin(head, token);
    await upload(head, blobName);
    const body = { correlationId, isSuccess: false, statusCode: -1, statusDescription: "broken" };
    expect((await head.send("POST", notifications, { token, body })).status).toBe(204);
    expect(await notified(head)).toEqual([]);
  });

  test("cannot say so of a file that is not there, but may try again", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const { correlationId, blobName } = await begin(head, token);
    const body = { ...success, correlationId };
    const finish = () => head.send("POST", notifications, { token, body });
    expect(await finish()).toMatchObject(error(400, "InvalidStorageEndpointOrBlob"));
    await upload(head, blobName);
    expect((await finish()).status).toBe(204);
  });

  test("is not heard when the operator wants no notifications", async () => {
    const fileUpload = { ...DEFAULT_FILE_UPLOAD_SETTINGS, notifies: false };
    const testHub = createTestHub({}, testSettings({ fileUpload }));
    await using head = await startTestHead({ testHub });
    const { token } = await head.createDevice("d1");
    const { correlationId, blobName } = await begin(head, token);
    await upload(head, blobName);
    const body = { ...success, correlationId };
    expect((await head.send("POST", notifications, { token, body })).status).toBe(204);
    expect(await notified(head)).toEqual([]);
  });

  test("is told when it took too long", async () => {
    await using head = await startTestHead();
    const { key } = await head.createDevice("d1");
    const token = () => head.sign(key, "localhost/devices/d1");
    const { correlationId } = await begin(head, token());
    await head.clock.advance(DEFAULT_FILE_UPLOAD_SETTINGS.timeToLiveMs);
    const body = { ...success, correlationId };
    expect(await head.send("POST", notifications, { token: token(), body })).toMatchObject(
      error(400, "ExpiredFileUploadCorrelationId"),
    );
  });

  test.each([
    ["an unknown id", { ...success, correlationId: "unknown" }, "InvalidFileUploadCorrelationId"],
    ["no id", success, "InvalidFileUploadCorrelationId"],
    ["no outcome", { correlationId: "x" }, "InvalidFileUploadCompletionStatus"],
    [
      "an outcome that is none",
      { correlationId: "x", isSuccess: "yes" },
      "InvalidFileUploadCompletionStatus",
    ],
    [
      "a status that is none",
      { correlationId: "x", isSuccess: true, statusCode: "200" },
      "InvalidFileUploadCompletionStatus",
    ],
    ["a list", [], "InvalidFileUploadCompletionStatus"],
    ["nothing", "", "ArgumentNull"],
    ["no JSON", "{", "DeserializationError"],
  ])("with %s is refused", async (_, body, name) => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    expect(await head.send("POST", notifications, { token, body })).toMatchObject(error(400, name));
  });

  test("cannot finish another device's upload", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    const { token: other } = await head.createDevice("d2");
    const { correlationId, blobName } = await begin(head, token);
    await upload(head, blobName);
    const path = `/devices/d2/files/notifications/${correlationId}`;
    expect(await head.send("POST", path, { token: other, body: success })).toMatchObject(
      error(400, "InvalidFileUploadCorrelationId"),
    );
    expect(await notified(head)).toEqual([]);
  });
});
