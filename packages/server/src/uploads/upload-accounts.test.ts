import { readFileSync } from "node:fs";
import { request } from "node:https";
import type { UploadAccount, UploadDestination } from "@larimar/domain";
import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { parseStorageConnectionString } from "@larimar/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../time/system-clock.ts";
import { chooseAccount } from "./choose-account.ts";
import { ExternalAccount } from "./external-account.ts";

const IN_AN_HOUR_MS = Date.now() + 60 * 60 * 1000;

/** A server whose built-in account is an account elsewhere for another. */
let account: TestServer;
let ca: string;

beforeAll(async () => {
  account = await startTestServer();
  ca = readFileSync(account.connection.caFile, "utf8");
});

afterAll(() => account[Symbol.asyncDispose]());

function open({ key, endpoint }: { key?: string; endpoint?: string } = {}): ExternalAccount {
  const { connectionString, containerName } = account.connection.hubs[0]!.files;
  const parsed = parseStorageConnectionString(connectionString);
  if (parsed.kind === "invalid") throw new Error(parsed.problem);
  const address = {
    ...parsed.value,
    ...(key !== undefined && { accountKey: key }),
    ...(endpoint !== undefined && { endpoint }),
  };
  return new ExternalAccount({ account: address, containerName, clock: systemClock, ca });
}

/** As SDKs do it: everything put together as it is. */
async function upload(
  { hostName, containerName, sasToken }: UploadDestination,
  blobName: string,
  body: string,
): Promise<number | undefined> {
  const [, port] = hostName.split(":");
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: "127.0.0.1",
      port,
      servername: "localhost",
      ca,
      agent: false,
      method: "PUT",
      path: `/${containerName}/${blobName}${sasToken}`,
      headers: { host: hostName, "x-ms-blob-type": "BlockBlob", "content-length": body.length },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    outgoing.end(body);
  });
}

const destinationOf = (from: UploadAccount, blobName: string, expiresAtMs = IN_AN_HOUR_MS) =>
  from.destinationFor({ blobName, expiresAtMs, reachedAs: "hub.example" });

describe("an account elsewhere", () => {
  test("is where devices upload to, and says what is there", async () => {
    const external = open();
    const blobName = "d1/a b+c.txt";
    const destination = await destinationOf(external, blobName);
    expect(destination).toMatchObject({
      hostName: `localhost:${account.connection.ports.https}`,
      containerName: "larimarblobs/uploads",
    });
    expect(await external.describe(blobName)).toBeUndefined();
    const before = Date.now();
    expect(await upload(destination, "d1%2Fa%20b%2Bc.txt", "hello")).toBe(201);
    const described = await external.describe(blobName);
    expect(described).toEqual({
      blobUri: `https://${destination.hostName}/larimarblobs/uploads/d1/a%20b%2Bc.txt`,
      sizeBytes: 5,
      lastModifiedMs: expect.any(Number) as number,
    });
    expect(Math.abs(described!.lastModifiedMs - before)).toBeLessThan(60_000);
  });

  test("takes nothing under another name, or after its time", async () => {
    const external = open();
    const destination = await destinationOf(external, "d1/mine");
    expect(await upload(destination, "d2/yours", "x")).toBe(403);
    const late = await destinationOf(external, "d1/late", Date.now() - 1000);
    expect(await upload(late, "d1/late", "x")).toBe(403);
  });

  test("that refuses its key is told from one where nothing is", async () => {
    const external = open({ key: Buffer.alloc(32).toString("base64") });
    await expect(external.describe("d1/a")).rejects.toMatchObject({
      code: "BlobNotFound",
      details: { status: 403 },
    });
  });

  test("that does not answer is busy", async () => {
    // The discard port, where nobody listens.
    const external = open({ endpoint: "https://127.0.0.1:9/larimarblobs" });
    await expect(external.describe("d1/a")).rejects.toMatchObject({ code: "Busy" });
  });

  test("may have its blobs at the root", async () => {
    const external = open({ endpoint: "https://files.blob.example.net" });
    expect(await destinationOf(external, "d1/a")).toMatchObject({
      hostName: "files.blob.example.net",
      containerName: "uploads",
    });
  });
});

describe("the account of a hub", () => {
  const parts = (overrides: object) => {
    const [hub] = account.server.hubs.list();
    const settings = { ...hub!.settings, ...overrides };
    const blobs = { find: async () => undefined } as never;
    return { settings, blobs, httpsPort: 8443, clock: systemClock, log: account.log };
  };

  test("is built in, and reached as the device reached the hub", async () => {
    const builtIn = chooseAccount(parts({}))!;
    const request = { blobName: "d1/a", expiresAtMs: IN_AN_HOUR_MS };
    expect(await builtIn.destinationFor({ ...request, reachedAs: "10.0.0.1:444" })).toMatchObject({
      hostName: "10.0.0.1:444",
      containerName: "larimarblobs/uploads",
    });
    // Nobody said how: then by the name and the port that the server has.
    expect(await builtIn.destinationFor({ ...request, reachedAs: undefined })).toMatchObject({
      hostName: "localhost:8443",
    });
  });

  test("is none when the connection string cannot be used, and the operator is told", () => {
    const storage = { kind: "external", connectionString: "AccountName=a", containerName: "c" };
    const fileUpload = { ...parts({}).settings.fileUpload, storage };
    expect(chooseAccount(parts({ fileUpload }))).toBeUndefined();
    expect(account.log.messages("error")).toEqual(["storage account not usable"]);
    expect(JSON.stringify(account.log.entries)).not.toContain("AccountName=a");
  });
});
