import { once } from "node:events";
import { createTestHub } from "@larimar/domain/fixtures";
import { DEFAULT_BLOB_LIMITS } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { readToEnd } from "../test-head.fixture.ts";
import { type BlobClient, md5Of, refusal, startBlobHead } from "./blob-test.fixture.ts";

const textOf = async (client: BlobClient, blobName: string) =>
  (await client.call("GET", blobName)).text;

const statusesOf = (text: string) => text.match(/(?<=HTTP\/1\.1 )\d+/g);

describe("a blob put in one go", () => {
  test("is there as it was sent, and says which version it is", async () => {
    await using client = await startBlobHead();
    const response = await client.put("d1/a.txt", "hello");
    expect(response).toMatchObject({
      status: 201,
      text: "",
      headers: {
        etag: expect.stringMatching(/^"0x[0-9A-F]{16}"$/) as string,
        "last-modified": new Date(client.head.clock.now()).toUTCString(),
        "content-md5": md5Of("hello"),
        "content-length": "0",
        "x-ms-request-id": expect.stringMatching(/^[\da-f-]{36}$/) as string,
        "x-ms-version": "2020-10-02",
      },
    });
    expect(await client.call("GET", "d1/a.txt")).toMatchObject({
      status: 200,
      text: "hello",
      headers: {
        etag: response.headers.etag,
        "content-type": "application/octet-stream",
        "content-md5": md5Of("hello"),
        "content-length": "5",
        "x-ms-blob-type": "BlockBlob",
        "accept-ranges": "bytes",
      },
    });
  });

  test("keeps its headers and metadata", async () => {
    await using client = await startBlobHead();
    // NOTE: Node.js would encode the headers like a body that is text.
    await client.put("d1/a", Buffer.from("x"), {
      "content-type": "text/plain",
      "x-ms-blob-content-disposition": Buffer.from('attachment; filename="ä"').toString("latin1"),
      "x-ms-meta-Site": "north",
    });
    const { headers } = await client.call("HEAD", "d1/a");
    expect(headers).toMatchObject({
      "content-type": "text/plain",
      "x-ms-meta-site": "north",
      "content-length": "1",
    });
    const disposition = Buffer.from(headers["content-disposition"] ?? "", "latin1").toString();
    expect(disposition).toBe('attachment; filename="ä"');
  });

  test("hears its own request id and version again", async () => {
    await using client = await startBlobHead();
    const named = { "x-ms-client-request-id": "mine", "x-ms-version": "2019-12-12" };
    const type = { "x-ms-blob-type": "BlockBlob" };
    expect((await client.put("a", "x", { ...named, ...type })).headers).toMatchObject(named);
    expect((await client.call("GET", "b", { headers: named })).headers).toMatchObject(named);
    const long = { "x-ms-client-request-id": "x".repeat(1025) };
    const { headers } = await client.call("GET", "a", { headers: long });
    expect(headers["x-ms-client-request-id"]).toBeUndefined();
  });

  test("may be empty, and may be sent without saying how long it is", async () => {
    await using client = await startBlobHead();
    expect((await client.put("empty", "")).status).toBe(201);
    expect(await client.call("GET", "empty")).toMatchObject({ status: 200, text: "" });
    const chunked = { "transfer-encoding": "chunked" };
    expect((await client.put("chunked", "hello", chunked)).status).toBe(201);
    expect(await textOf(client, "chunked")).toBe("hello");
  });

  test("replaces the one before, unless its signature may only create", async () => {
    await using client = await startBlobHead();
    const sas = client.sas("a", { permissions: "c" });
    const headers = { "x-ms-blob-type": "BlockBlob" };
    expect((await client.call("PUT", "a", { sas, headers, body: "1" })).status).toBe(201);
    expect(await client.call("PUT", "a", { sas, headers, body: "2" })).toMatchObject(
      refusal(403, "AuthorizationPermissionMismatch"),
    );
    expect(await textOf(client, "a")).toBe("1");
    expect((await client.put("a", "3")).status).toBe(201);
    expect(await textOf(client, "a")).toBe("3");
  });

  test("is refused when it is not what its MD5 says", async () => {
    await using client = await startBlobHead();
    expect((await client.put("a", "x", { "content-md5": md5Of("x") })).status).toBe(201);
    expect(await client.put("a", "y", { "content-md5": md5Of("x") })).toMatchObject(
      refusal(400, "Md5Mismatch"),
    );
    expect(await textOf(client, "a")).toBe("x");
    expect(await client.put("a", "y", { "content-md5": "short" })).toMatchObject(
      refusal(400, "InvalidMd5"),
    );
    expect(await client.put("a", "y", { "x-ms-blob-content-md5": "short" })).toMatchObject(
      refusal(400, "InvalidMd5"),
    );
  });

  test("is refused when it is larger than a blob may be, announced or not", async () => {
    const blobLimits = { ...DEFAULT_BLOB_LIMITS, blobBytesMax: 10 };
    await using client = await startBlobHead({ testHub: createTestHub({ blobLimits }) });
    expect((await client.put("a", "0123456789")).status).toBe(201);
    for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
      expect(await client.put("b", "0123456789a", headers)).toMatchObject(
        refusal(413, "RequestBodyTooLarge"),
      );
    }
    expect((await client.call("GET", "b")).status).toBe(404);
  });

  test("is refused when the disk has too little room, and the operator is told", async () => {
    await using client = await startBlobHead();
    client.head.testHub.blobs.isFull = true;
    expect(await client.put("a", "x")).toMatchObject({
      status: 503,
      headers: { "x-ms-error-code": "ServerBusy", "retry-after": "5" },
    });
    expect(client.head.logged.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  test.each([
    ["without a type", {}, 400, "MissingRequiredHeader"],
    ["of another type", { "x-ms-blob-type": "AppendBlob" }, 409, "InvalidBlobType"],
    ["with a name of metadata that is none", { "x-ms-meta-a-b": "1" }, 400, "InvalidMetadata"],
    ["with too much metadata", { "x-ms-meta-a": "x".repeat(8192) }, 400, "MetadataTooLarge"],
    ["with a condition that is none", { "if-modified-since": "?" }, 400, "InvalidHeaderValue"],
    ["as a copy", { "x-ms-copy-source": "https://h/x" }, 400, "UnsupportedHeader"],
    ["with a lease", { "x-ms-lease-id": "x" }, 400, "UnsupportedHeader"],
    ["with a CRC", { "x-ms-content-crc64": "x" }, 400, "UnsupportedHeader"],
  ])("%s is refused", async (_, headers, status, code) => {
    await using client = await startBlobHead();
    const isTyped = status !== 400 || code !== "MissingRequiredHeader";
    const all = { ...(isTyped ? { "x-ms-blob-type": "BlockBlob" } : {}), ...headers };
    const response = await client.call("PUT", "a", { body: "x", headers: all });
    expect(response).toMatchObject(refusal(status, code));
    expect((await client.call("GET", "a")).status).toBe(404);
  });

  test("is sent once the server says so, to a client that waits for that", async () => {
    await using client = await startBlobHead();
    const socket = await client.head.connect();
    const target = client.path("a") + client.sas("a");
    socket.write(
      `PUT ${target} HTTP/1.1\r\nHost: h\r\nx-ms-blob-type: BlockBlob\r\nExpect: 100-continue\r\n` +
        "Connection: close\r\nContent-Length: 5\r\n\r\n",
    );
    const [first] = (await once(socket, "data")) as [Buffer];
    expect(first.toString()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    socket.write("hello");
    expect(statusesOf(await readToEnd(socket))).toEqual(["201"]);
    expect(await textOf(client, "a")).toBe("hello");
  });

  test("leaves nothing behind when its client goes away in the middle", async () => {
    await using client = await startBlobHead();
    const socket = await client.head.connect();
    const target = client.path("a") + client.sas("a");
    socket.write(
      `PUT ${target} HTTP/1.1\r\nHost: h\r\nx-ms-blob-type: BlockBlob\r\nContent-Length: 10\r\n\r\nhalf`,
    );
    expect((await client.call("GET", "b")).status).toBe(404);
    socket.destroy();
    expect((await client.call("GET", "a")).status).toBe(404);
    expect(client.head.logged.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("that is refused early leaves the connection to the next request", async () => {
    await using client = await startBlobHead();
    const body = "x".repeat(200_000);
    const refused = client.path("a") + client.sas("a", { expiresInMs: -1 });
    const good = client.path("a") + client.sas("a");
    const requestTo = (target: string, more = "") =>
      `PUT ${target} HTTP/1.1\r\nHost: h\r\nx-ms-blob-type: BlockBlob\r\n${more}` +
      `Content-Length: ${body.length}\r\n\r\n${body}`;
    const text = await client.head.exchange(
      requestTo(refused) + requestTo(good, "Connection: close\r\n"),
    );
    expect(statusesOf(text)).toEqual(["403", "201"]);
    expect(await textOf(client, "a")).toBe(body);
  });

  test("that turns out too long leaves the connection to the next request", async () => {
    const blobLimits = { ...DEFAULT_BLOB_LIMITS, blobBytesMax: 100_000 };
    await using client = await startBlobHead({ testHub: createTestHub({ blobLimits }) });
    const target = client.path("a") + client.sas("a");
    const chunk = `30d40\r\n${"x".repeat(200_000)}\r\n0\r\n\r\n`;
    const socket = await client.head.connect();
    socket.write(
      `PUT ${target} HTTP/1.1\r\nHost: h\r\nx-ms-blob-type: BlockBlob\r\n` +
        `Transfer-Encoding: chunked\r\n\r\n${chunk}` +
        `HEAD ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
    );
    const text = await readToEnd(socket);
    expect(statusesOf(text)).toEqual(["413", "404"]);
  });
});

describe("a blob put in blocks", () => {
  test("is there once their list is, in its order", async () => {
    await using client = await startBlobHead();
    expect(await client.stage("d1/a", "Yg==", "world")).toMatchObject({ status: 201, text: "" });
    await client.stage("d1/a", "YQ==", "hello ");
    expect((await client.call("GET", "d1/a")).status).toBe(404);
    const committed = await client.commit("d1/a", ["YQ==", "Yg=="], {
      "content-type": "application/xml",
      "x-ms-blob-content-type": "text/plain",
    });
    expect(committed.status).toBe(201);
    expect(committed.headers.etag).toMatch(/^"0x/);
    expect(await client.call("GET", "d1/a")).toMatchObject({
      text: "hello world",
      headers: { "content-type": "text/plain", etag: committed.headers.etag },
    });
  });

  test("needs no header of Azure Storage's own, and takes any base64 for an id", async () => {
    await using client = await startBlobHead();
    const sas = client.sas("a");
    const block = `${client.path("a")}${sas}&comp=block&blockid=+/+/`;
    expect((await client.head.send("PUT", block, { body: "x" })).status).toBe(201);
    expect((await client.commit("a", ["+/+/"])).status).toBe(201);
    expect(await textOf(client, "a")).toBe("x");
  });

  test("is refused when a block is missing or was committed before", async () => {
    await using client = await startBlobHead();
    await client.stage("a", "YQ==", "x");
    expect(await client.commit("a", ["YQ==", "Yg=="])).toMatchObject(
      refusal(400, "InvalidBlockList"),
    );
    expect((await client.call("GET", "a")).status).toBe(404);
    expect((await client.commit("a", ["YQ=="])).status).toBe(201);
    const body = "<BlockList><Uncommitted>YQ==</Uncommitted></BlockList>";
    expect(await client.call("PUT", "a", { query: "&comp=blocklist", body })).toMatchObject(
      refusal(400, "InvalidBlockList"),
    );
  });

  test("is refused when its list is none, or not what its MD5 says", async () => {
    await using client = await startBlobHead();
    const query = "&comp=blocklist";
    expect(await client.call("PUT", "a", { query, body: "<BlockList>" })).toMatchObject(
      refusal(400, "InvalidXmlDocument"),
    );
    expect(await client.commit("a", [], { "content-md5": md5Of("else") })).toMatchObject(
      refusal(400, "Md5Mismatch"),
    );
  });

  test("is refused when its list is longer than may be", async () => {
    const blobLimits = { ...DEFAULT_BLOB_LIMITS, blocksPerBlobMax: 2 };
    const testHub = createTestHub({ blobLimits });
    await using client = await startBlobHead({ testHub, limits: { blockListBytesMax: 1000 } });
    await client.stage("a", "YQ==", "x");
    expect((await client.commit("a", ["YQ==", "YQ=="])).status).toBe(201);
    expect(await client.commit("a", ["YQ==", "YQ==", "YQ=="])).toMatchObject(
      refusal(400, "BlockListTooLong"),
    );
    const ids = Array.from({ length: 100 }, () => "YQ==");
    expect(await client.commit("a", ids)).toMatchObject(refusal(413, "RequestBodyTooLarge"));
  });

  test("may have no more blocks waiting than may, nor larger ones", async () => {
    const blobLimits = { ...DEFAULT_BLOB_LIMITS, stagedBlocksMax: 1, blockBytesMax: 3 };
    await using client = await startBlobHead({ testHub: createTestHub({ blobLimits }) });
    expect(await client.stage("a", "YQ==", "1234")).toMatchObject(
      refusal(413, "RequestBodyTooLarge"),
    );
    expect((await client.stage("a", "YQ==", "123")).status).toBe(201);
    expect(await client.stage("a", "Yg==", "1")).toMatchObject(
      refusal(409, "BlockCountExceedsLimit"),
    );
  });

  test.each([
    ["&comp=block", "MissingRequiredQueryParameter"],
    ["&comp=block&blockid=", "InvalidQueryParameterValue"],
    ["&comp=block&blockid=%00", "InvalidQueryParameterValue"],
    [`&comp=block&blockid=${"YWJj".repeat(23)}`, "InvalidQueryParameterValue"],
  ])("is refused with %s", async (query, code) => {
    await using client = await startBlobHead();
    expect(await client.call("PUT", "a", { query, body: "x" })).toMatchObject(refusal(400, code));
  });

  test("has each block verified by its MD5", async () => {
    await using client = await startBlobHead();
    const md5 = md5Of("x");
    expect(await client.stage("a", "YQ==", "x", { "content-md5": md5 })).toMatchObject({
      status: 201,
      headers: { "content-md5": md5 },
    });
    expect(await client.stage("a", "Yg==", "y", { "content-md5": md5 })).toMatchObject(
      refusal(400, "Md5Mismatch"),
    );
  });
});

describe("metadata of a blob", () => {
  const describeBlob = (client: BlobClient, headers: Record<string, string>, sas?: string) =>
    client.call("PUT", "a", { query: "&comp=metadata", headers, ...(sas ? { sas } : {}) });

  test("is replaced as a whole, and what the blob has in it stays", async () => {
    await using client = await startBlobHead();
    const headers = { "x-ms-meta-ownerid": "one", "content-type": "text/plain" };
    const { headers: first } = await client.put("a", "content", headers);
    const described = await describeBlob(client, { "x-ms-meta-offset": "12" });
    expect(described).toMatchObject({ status: 200, text: "" });
    expect(described.headers.etag).not.toBe(first.etag);
    const read = await client.call("GET", "a");
    expect(read).toMatchObject({
      text: "content",
      headers: {
        etag: described.headers.etag,
        "last-modified": described.headers["last-modified"],
        "content-type": "text/plain",
        "x-ms-meta-offset": "12",
      },
    });
    expect(read.headers["x-ms-meta-ownerid"]).toBeUndefined();
    expect((await describeBlob(client, {})).status).toBe(200);
    expect((await client.call("HEAD", "a")).headers["x-ms-meta-offset"]).toBeUndefined();
  });

  test("goes to whoever names the version that is there, once", async () => {
    await using client = await startBlobHead();
    const { etag = "" } = (await client.put("a", "")).headers;
    const claims = ["one", "two", "three"].map((owner) =>
      describeBlob(client, { "x-ms-meta-ownerid": owner, "if-match": etag }),
    );
    const statuses = (await Promise.all(claims)).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 412, 412]);
  });

  test.each([
    ["of no blob", {}, 404, "BlobNotFound"],
    ["with a name that is none", { "x-ms-meta-a-b": "1" }, 400, "InvalidMetadata"],
    ["with too much of it", { "x-ms-meta-a": "x".repeat(8192) }, 400, "MetadataTooLarge"],
    ["with a lease", { "x-ms-lease-id": "x" }, 400, "UnsupportedHeader"],
  ])("%s is refused", async (what, headers, status, code) => {
    await using client = await startBlobHead();
    if (what !== "of no blob") await client.put("a", "x", { "x-ms-meta-b": "1" });
    expect(await describeBlob(client, headers)).toMatchObject(refusal(status, code));
    const { headers: kept } = await client.call("HEAD", "a");
    expect(kept["x-ms-meta-b"]).toBe(what === "of no blob" ? undefined : "1");
  });

  test("is nobody's to write who may only make blobs", async () => {
    await using client = await startBlobHead();
    await client.put("a", "x");
    const sas = client.sas("a", { permissions: "rc" });
    expect(await describeBlob(client, {}, sas)).toMatchObject(
      refusal(403, "AuthorizationPermissionMismatch"),
    );
  });
});

describe("a write with conditions", () => {
  test("happens only when they are met", async () => {
    await using client = await startBlobHead();
    const first = await client.put("a", "1", { "if-none-match": "*" });
    expect(first.status).toBe(201);
    expect(await client.put("a", "2", { "if-none-match": "*" })).toMatchObject(
      refusal(409, "BlobAlreadyExists"),
    );
    expect(await client.put("a", "2", { "if-match": '"0x0"' })).toMatchObject(
      refusal(412, "ConditionNotMet"),
    );
    expect(await client.put("b", "2", { "if-match": "*" })).toMatchObject(
      refusal(412, "ConditionNotMet"),
    );
    expect((await client.put("a", "3", { "if-match": first.headers.etag })).status).toBe(201);
    expect(await client.commit("a", [], { "if-match": first.headers.etag })).toMatchObject(
      refusal(412, "ConditionNotMet"),
    );
    expect(
      await client.call("DELETE", "a", { headers: { "if-match": first.headers.etag } }),
    ).toMatchObject(refusal(412, "ConditionNotMet"));
    expect(await textOf(client, "a")).toBe("3");
  });
});

describe("a container", () => {
  test("that does not exist takes nothing", async () => {
    await using client = await startBlobHead();
    const path = client.path("a", "elsewhere");
    const headers = { "x-ms-blob-type": "BlockBlob" };
    expect(await client.withKey("PUT", path, { headers })).toMatchObject(
      refusal(404, "ContainerNotFound"),
    );
    expect(await client.withKey("PUT", path, { query: "comp=block&blockid=YQ==" })).toMatchObject(
      refusal(404, "ContainerNotFound"),
    );
  });
});
