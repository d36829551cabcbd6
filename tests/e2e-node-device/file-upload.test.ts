import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { ConnectionInfo } from "@larimar/server";
import type { TestServer } from "@larimar/testkit";
import { ServerProcess, makeTemporaryDirectory, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import { FileClient } from "../support/service-clients/file-client.ts";

// SDKs know no other port than 443 for these calls.
const ADDRESS = "127.0.0.31";

interface Destination {
  readonly correlationId: string;
  readonly hostName: string;
  readonly containerName: string;
  readonly blobName: string;
  readonly sasToken: string;
}

describe("files from azure-iot-device", () => {
  let server: TestServer;
  let client: FileClient;
  let account: ConnectionInfo["hubs"][number]["files"];

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443 },
    });
    client = new FileClient(server.connection);
    account = server.connection.hubs[0]!.files;
  });

  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  const createDevice = async (deviceId: string) =>
    (await server.client().createDevice(deviceId)).connectionString;
  const placeOf = (blobName: string) => ({ ...account, blobName });

  /** What back ends would hear of since the last time. */
  async function notified(): Promise<unknown[]> {
    const [hub] = server.server.hubs.list();
    const found: unknown[] = [];
    for (;;) {
      const batch = await hub!.fileNotifications.receive();
      if (batch === undefined) return found;
      found.push(...batch.records);
      await hub!.fileNotifications.complete(batch.lockToken);
    }
  }

  async function begin(device: string, name: string): Promise<Destination> {
    return (await client.call("getBlobSharedAccessSignature", { device, name })) as Destination;
  }

  test("are uploaded by one call, and back ends hear of them", async () => {
    const device = await createDevice("camera-1");
    const pattern = { sizeBytes: 10_000_001, seed: 7 };
    const sha256 = await client.call("uploadToBlob", { device, name: "shots/1.raw", pattern });
    expect(await client.call("download", placeOf("camera-1/shots/1.raw"))).toMatchObject({
      sha256,
      sizeBytes: 10_000_001,
    });
    expect(await notified()).toEqual([
      {
        deviceId: "camera-1",
        blobUri: `https://${ADDRESS}/larimarblobs/uploads/camera-1/shots/1.raw`,
        blobName: "camera-1/shots/1.raw",
        blobSizeBytes: 10_000_001,
        lastUpdatedAtMs: expect.any(Number) as number,
        enqueuedAtMs: expect.any(Number) as number,
      },
    ]);
  });

  test.each(["a b.txt", "a+b.txt", "(1)'!*~.txt", "d.e-f_g/h.txt", "a&b=c;d,e@f$.txt"])(
    "may be called %s",
    async (name) => {
      const deviceId = `namer-${createHash("md5").update(name).digest("hex")}`;
      const device = await createDevice(deviceId);
      const pattern = { sizeBytes: 100, seed: 1 };
      const sha256 = await client.call("uploadToBlob", { device, name, pattern });
      const blobName = `${deviceId}/${name}`;
      expect(await client.call("download", placeOf(blobName))).toMatchObject({ sha256 });
      expect(await notified()).toMatchObject([{ blobName }]);
    },
  );

  test("with names beyond ASCII are refused: this SDK cuts off the end of its request", async () => {
    const device = await createDevice("umlaut");
    const request = { device, name: "ä.txt", pattern: { sizeBytes: 1, seed: 0 } };
    const failure = await client.callInVain("uploadToBlob", request);
    expect(failure.message).toContain("DeserializationError");
    // What was cut off is no request of anybody's.
    await begin(device, "a.txt");
  });

  test("are uploaded by the application between two calls", async () => {
    const device = await createDevice("logger:1");
    const destination = await begin(device, "log.txt");
    expect(destination).toMatchObject({ hostName: ADDRESS, blobName: "logger:1/log.txt" });
    const { hostName, containerName, blobName, sasToken, correlationId } = destination;
    const url = `https://${hostName}/${containerName}/${blobName}${sasToken}`;
    const pattern = { sizeBytes: 1000, seed: 3 };
    const uploaded = await client.call("uploadToUrl", { url, pattern });
    expect(uploaded).toMatchObject({
      etag: expect.stringMatching(/^"0x/) as string,
      md5: expect.stringMatching(/==$/) as string,
    });
    await client.call("notifyBlobUploadStatus", { device, correlationId, isSuccess: true });
    expect(await notified()).toMatchObject([{ blobName: "logger:1/log.txt", blobSizeBytes: 1000 }]);
    expect(await client.call("download", placeOf(blobName))).toMatchObject({
      contentType: "text/plain",
      metadata: { site: "north" },
    });
    const again = { device, correlationId, isSuccess: true };
    const failure = await client.callInVain("notifyBlobUploadStatus", again);
    expect(failure).toMatchObject({
      error: "Error",
      message: expect.stringContaining("Bad Request") as string,
    });
  });

  test("that failed are told to nobody", async () => {
    const device = await createDevice("failing");
    const { correlationId } = await begin(device, "lost.txt");
    await client.call("notifyBlobUploadStatus", { device, correlationId, isSuccess: false });
    expect(await notified()).toEqual([]);
  });

  test("may be ten at once for each device, not eleven", async () => {
    const device = await createDevice("eager");
    for (let n = 0; n < 10; n++) await begin(device, `${n}.txt`);
    const eleventh = { device, name: "10.txt" };
    const failure = await client.callInVain("getBlobSharedAccessSignature", eleventh);
    expect(failure.message).toContain("DeviceMaximumActiveFileUploadLimitExceeded");
  });

  test("cannot be uploaded under another device's name", async () => {
    const device = await createDevice("honest");
    const { hostName, containerName, sasToken } = await begin(device, "mine.txt");
    const url = `https://${hostName}/${containerName}/victim/mine.txt${sasToken}`;
    const pattern = { sizeBytes: 1, seed: 0 };
    expect(await client.callInVain("uploadToUrl", { url, pattern })).toMatchObject({
      statusCode: 403,
      code: "AuthenticationFailed",
    });
  });

  test("are signed for just as the storage SDK would sign them", async () => {
    const device = await createDevice("signed");
    const { blobName, sasToken } = await begin(device, "a b+c/d.txt");
    const signature = await client.call("signatureOf", { ...placeOf(blobName), token: sasToken });
    expect(signature).toBe(new URLSearchParams(sasToken).get("sig"));
  });
});

describe("the built-in account, as @azure/storage-blob sees it", () => {
  let server: TestServer;
  let client: FileClient;
  let account: ConnectionInfo["hubs"][number]["files"];

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS, "localhost"], httpsPort: 443 },
    });
    client = new FileClient(server.connection);
    account = server.connection.hubs[0]!.files;
  });

  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  const placeOf = (blobName: string) => ({ ...account, blobName });
  const put = (blobName: string, text = "0123456789") =>
    client.call("uploadText", { ...placeOf(blobName), text });

  test(
    "lists blobs a page at a time, and folders",
    cell({ sdk: "@azure/storage-blob (Node)", transport: "HTTPS", feature: "download and list" }),
    async () => {
      for (const name of ["l/a", "l/b/1", "l/b/2", "l/c d", "l/ä&<>"]) await put(name);
      expect(await client.call("list", { ...account, prefix: "l/" })).toEqual([
        "l/a",
        "l/b/1",
        "l/b/2",
        "l/c d",
        "l/ä&<>",
      ]);
      expect(await client.call("listFolders", { ...account, prefix: "l/" })).toEqual([
        "folder l/b/",
        "l/a",
        "l/c d",
        "l/ä&<>",
      ]);
    },
  );

  test(
    "sends parts of a blob",
    cell({ sdk: "@azure/storage-blob (Node)", transport: "HTTPS", feature: "download and list" }),
    async () => {
      await put("parts");
      const part = { ...placeOf("parts"), offset: 3, count: 4 };
      expect(await client.call("downloadText", part)).toBe("3456");
      const sha256 = createHash("sha256").update("0123456789").digest("hex");
      expect(await client.call("downloadInParts", { ...placeOf("parts"), partBytes: 3 })).toBe(
        sha256,
      );
    },
  );

  test(
    "takes a blob in blocks",
    cell({ sdk: "@azure/storage-blob (Node)", transport: "HTTPS", feature: "upload and delete" }),
    async () => {
      await client.call("uploadInBlocks", {
        ...placeOf("blocks"),
        blocks: ["one,", "two,", "three"],
      });
      const all = { ...placeOf("blocks"), offset: 0, count: 13 };
      expect(await client.call("downloadText", all)).toBe("one,two,three");
    },
  );

  test(
    "makes containers, fills, lists and deletes them",
    cell({ sdk: "@azure/storage-blob (Node)", transport: "HTTPS", feature: "containers" }),
    async () => {
      const own = { ...account, containerName: "own-things" };
      expect(await client.call("createContainer", own)).toBe(true);
      expect(await client.call("createContainer", own)).toBe(false);
      expect(await client.call("createContainer", account)).toBe(false);
      await client.call("uploadText", { ...own, blobName: "a", text: "x" });
      expect(await client.call("list", own)).toEqual(["a"]);
      expect(await client.call("listContainers", account)).toMatchObject([
        { name: "own-things", metadata: { purpose: "tests" } },
        { name: "uploads" },
      ]);
      expect(await client.call("deleteContainer", own)).toBe(true);
      expect(await client.call("deleteContainer", own)).toBe(false);
      expect(await client.call("exists", own)).toBe(false);
      expect(await client.callInVain("deleteContainer", account)).toMatchObject({
        statusCode: 403,
      });
    },
  );

  test("heeds conditions", async () => {
    await put("conditional");
    const again = { ...placeOf("conditional"), text: "x", ifNoneMatch: "*" };
    expect(await client.callInVain("uploadText", again)).toMatchObject({
      statusCode: 409,
      code: "BlobAlreadyExists",
    });
  });

  test(
    "honours URLs that the SDK signs, whatever the host is called",
    cell({ sdk: "@azure/storage-blob (Node)", transport: "HTTPS", feature: "signed URLs" }),
    async () => {
      await put("shared with spaces");
      const url = await client.call("signUrl", placeOf("shared with spaces"));
      expect(await client.call("downloadFromUrl", { url })).toBe("0123456789");
      const changed = url.replace("shared", "secret");
      expect(await client.callInVain("downloadFromUrl", { url: changed })).toMatchObject({
        statusCode: 403,
      });
      // Where the host has a domain, the SDK takes the account for the container.
      const named = account.connectionString.replace(
        `https://${ADDRESS}/`,
        "https://hub.example.net/",
      );
      const place = { ...placeOf("shared with spaces"), connectionString: named };
      const signed = new URL(await client.call("signUrl", place));
      expect(signed.pathname).toContain("/larimarblobs/uploads/");
      signed.host = ADDRESS;
      expect(await client.call("downloadFromUrl", { url: signed.href })).toBe("0123456789");
    },
  );

  test(
    "knows its container, and forgets what is deleted",
    cell({ sdk: "@azure/storage-blob (Node)", transport: "HTTPS", feature: "upload and delete" }),
    async () => {
      expect(await client.call("exists", account)).toBe(true);
      expect(await client.call("exists", { ...account, containerName: "elsewhere" })).toBe(false);
      await put("short-lived");
      expect(await client.call("delete", placeOf("short-lived"))).toBe(true);
      expect(await client.call("delete", placeOf("short-lived"))).toBe(false);
      expect(await client.callInVain("download", placeOf("short-lived"))).toMatchObject({
        statusCode: 404,
        code: "BlobNotFound",
      });
    },
  );

  test("refuses a wrong key", async () => {
    const wrong = account.connectionString.replace(/AccountKey=[^;]*/, "AccountKey=d3Jvbmc=");
    const place = { ...placeOf("a"), connectionString: wrong };
    expect(await client.callInVain("download", place)).toMatchObject({ statusCode: 403 });
  });
});

describe("a large file", () => {
  const sizeBytes = 250_000_000;

  // The kernel keeps account of a process there; other systems do not say what a process once needed.
  test.runIf(existsSync("/proc/self/status"))(
    "passes through a server that needs far less memory than it has bytes",
    async () => {
      await using directory = await makeTemporaryDirectory();
      await using server = await ServerProcess.start({
        dataDirectory: directory.path,
        address: ADDRESS,
        usesStandardPorts: true,
      });
      await using client = new FileClient(server.connection);
      const account = server.connection.hubs[0]!.files;
      const { connectionString: device } = await server.client().createDevice("big");
      const upload = (name: string, pattern: { sizeBytes: number; seed: number }) =>
        client.call("uploadToBlob", { device, name, pattern });
      // What the first upload of all needs has nothing to do with its size.
      await upload("small.bin", { sizeBytes: 1_000_000, seed: 1 });
      const before = memoryOf(server.pid!, "VmRSS");

      const sha256 = await upload("large.bin", { sizeBytes, seed: 2 });
      const afterUpload = memoryOf(server.pid!, "VmHWM");
      const place = { ...account, blobName: "big/large.bin" };
      expect(await client.call("download", place)).toMatchObject({ sha256, sizeBytes });
      const afterDownload = memoryOf(server.pid!, "VmHWM");

      expect(afterUpload - before).toBeLessThan(sizeBytes / 2);
      expect(afterDownload - before).toBeLessThan(sizeBytes / 2);
      console.log(
        `server memory: ${mib(before)} before, at most ${mib(afterUpload)} while ${mib(sizeBytes)} came in, ` +
          `${mib(afterDownload)} once they had gone out`,
      );
    },
    180_000,
  );
});

/** `VmRSS` is what the process has now, `VmHWM` the most it ever had. */
function memoryOf(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  if (kib === undefined) throw new Error(`The kernel does not say ${field}`);
  return Number(kib) * 1024;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
