import { describe, expect, test } from "vitest";
import { settle } from "@larimar/domain/fixtures";
import { BLOB_ACCOUNT_NAME } from "@larimar/wire";
import { CONTAINER, md5Of, refusal, startBlobHead } from "./blob-test.fixture.ts";

describe("a range of a blob", () => {
  test.each([
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=7-100", "789", "bytes 7-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=-100", "0123456789", "bytes 0-9/10"],
  ])("%s is %s", async (range, text, contentRange) => {
    await using client = await startBlobHead();
    await client.put("a", "0123456789");
    for (const name of ["range", "x-ms-range"]) {
      const response = await client.call("GET", "a", { headers: { [name]: range } });
      expect(response).toMatchObject({
        status: 206,
        text,
        headers: {
          "content-range": contentRange,
          "content-length": String(text.length),
          "x-ms-blob-content-md5": md5Of("0123456789"),
        },
      });
      expect(response.headers["content-md5"]).toBeUndefined();
    }
  });

  test.each(["bytes=10-", "bytes=10-20", "bytes=-0"])("%s is beyond the end", async (range) => {
    await using client = await startBlobHead();
    await client.put("a", "0123456789");
    expect(await client.call("GET", "a", { headers: { range } })).toMatchObject(
      refusal(416, "InvalidRange"),
    );
  });

  test("of an empty blob is always beyond the end", async () => {
    await using client = await startBlobHead();
    await client.put("a", "");
    expect(await client.call("GET", "a", { headers: { range: "bytes=0-0" } })).toMatchObject(
      refusal(416, "InvalidRange"),
    );
  });

  test("that cannot be read is all of it, or refused in Azure Storage's own header", async () => {
    await using client = await startBlobHead();
    await client.put("a", "0123456789");
    for (const range of ["bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "?"]) {
      expect(await client.call("GET", "a", { headers: { range } })).toMatchObject({
        status: 200,
        text: "0123456789",
      });
      expect(await client.call("GET", "a", { headers: { "x-ms-range": range } })).toMatchObject(
        refusal(400, "InvalidHeaderValue"),
      );
    }
  });

  test("in Azure Storage's own header wins", async () => {
    await using client = await startBlobHead();
    await client.put("a", "0123456789");
    const headers = { range: "bytes=0-1", "x-ms-range": "bytes=8-9" };
    expect((await client.call("GET", "a", { headers })).text).toBe("89");
  });
});

describe("a read with conditions", () => {
  test("happens only when they are met", async () => {
    await using client = await startBlobHead();
    const { etag, "last-modified": lastModified } = (await client.put("a", "x")).headers;
    const get = async (headers: Record<string, string | undefined>, method = "GET") =>
      (await client.call(method, "a", { headers })).status;
    const earlier = new Date(client.head.clock.now() - 5000).toUTCString();
    expect(await get({ "if-match": etag })).toBe(200);
    expect(await get({ "if-match": '"0x0"' })).toBe(412);
    expect(await get({ "if-none-match": etag })).toBe(304);
    expect(await get({ "if-none-match": etag }, "HEAD")).toBe(304);
    expect(await get({ "if-none-match": '"0x0"' })).toBe(200);
    expect(await get({ "if-modified-since": lastModified })).toBe(304);
    expect(await get({ "if-modified-since": earlier })).toBe(200);
    expect(await get({ "if-unmodified-since": lastModified })).toBe(200);
    expect(await get({ "if-unmodified-since": earlier })).toBe(412);
    // ETags are exact, times are not.
    expect(await get({ "if-match": etag, "if-unmodified-since": earlier })).toBe(200);
    expect(await get({ "if-none-match": '"0x0"', "if-modified-since": lastModified })).toBe(200);
  });

  test("that finds nothing new has no body", async () => {
    await using client = await startBlobHead();
    const { etag } = (await client.put("a", "x")).headers;
    expect(await client.call("GET", "a", { headers: { "if-none-match": etag } })).toMatchObject({
      status: 304,
      text: "",
      headers: { "x-ms-error-code": "ConditionNotMet" },
    });
  });
});

describe("a blob", () => {
  test("is described without being sent", async () => {
    await using client = await startBlobHead();
    await client.put("a", "hello");
    expect(await client.call("HEAD", "a")).toMatchObject({
      status: 200,
      text: "",
      headers: {
        "content-length": "5",
        "content-md5": md5Of("hello"),
        "x-ms-blob-type": "BlockBlob",
      },
    });
  });

  test("that is not there is named in XML, and in a header where there is no body", async () => {
    await using client = await startBlobHead();
    const { text, headers } = await client.call("GET", "a");
    expect(headers["content-type"]).toBe("application/xml");
    expect(text).toMatch(
      /^<\?xml version="1\.0" encoding="utf-8"\?><Error><Code>BlobNotFound<\/Code><Message>/,
    );
    expect(text).toContain(`RequestId:${String(headers["x-ms-request-id"])}\n`);
    expect(await client.call("HEAD", "a")).toMatchObject({
      ...refusal(404, "BlobNotFound"),
      text: "",
    });
    expect(await client.call("DELETE", "a")).toMatchObject(refusal(404, "BlobNotFound"));
  });

  test("is deleted for good", async () => {
    await using client = await startBlobHead();
    await client.put("a", "x");
    expect(await client.call("DELETE", "a")).toMatchObject({ status: 202, text: "" });
    expect((await client.call("GET", "a")).status).toBe(404);
  });

  test("is sent as whoever signed the URL wants it", async () => {
    await using client = await startBlobHead();
    await client.put("a", "x", { "content-type": "text/plain" });
    const sas = client.sasWith("a", { rsct: "text/html", rscd: "attachment; filename=\tü" });
    expect(await client.call("GET", "a", { sas })).toMatchObject({
      status: 200,
      headers: {
        "content-type": "text/html",
        "content-disposition": Buffer.from("attachment; filename=\tü").toString("latin1"),
      },
    });
    // The signature covers these, so one made without them must not bring them.
    const unsigned = `${client.sas("a")}&rsct=text%2Fhtml`;
    expect(await client.call("GET", "a", { sas: unsigned })).toMatchObject(
      refusal(403, "AuthenticationFailed"),
    );
  });

  test.each(["a\r\nb: c", "a\0", "\x7f"])("is not sent with %j for a header", async (text) => {
    await using client = await startBlobHead();
    await client.put("a", "x");
    const sas = client.sasWith("a", { rscc: text });
    expect(await client.call("GET", "a", { sas })).toMatchObject(
      refusal(400, "InvalidQueryParameterValue"),
    );
  });

  test("is sent no faster than its client reads", async () => {
    await using client = await startBlobHead();
    const size = 20_000_000;
    const served = { count: 0 };
    const { store } = endless(size, served);
    client.head.testHub.blobs.open = store;
    const socket = await client.head.connect();
    socket.pause();
    socket.write(`GET ${client.path("a")}${client.sas("a")} HTTP/1.1\r\nHost: h\r\n\r\n`);
    let before = -1;
    while (before !== served.count || before === 0) {
      before = served.count;
      for (let n = 0; n < 5; n++) expect((await client.call("HEAD", "b")).status).toBe(404);
    }
    expect(served.count).toBeLessThan(size);
    socket.resume();
    let received = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received >= size) break;
    }
    expect(served.count).toBe(size);
  });

  test("whose reader goes away is closed", async () => {
    await using client = await startBlobHead();
    const served = { count: 0 };
    const { store, closed } = endless(50_000_000, served);
    client.head.testHub.blobs.open = store;
    const socket = await client.head.connect();
    socket.write(`GET ${client.path("a")}${client.sas("a")} HTTP/1.1\r\nHost: h\r\n\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    await closed;
    expect(served.count).toBeLessThan(50_000_000);
    expect(client.head.logged.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("that cannot be read to its end breaks off, and the operator is told", async () => {
    await using client = await startBlobHead();
    const blob = describedAs(10);
    client.head.testHub.blobs.open = async () => ({
      blob,
      async *read() {
        yield Buffer.from("01234");
        await settle();
        throw new Error("disk broken");
      },
      [Symbol.dispose]() {},
    });
    const text = await client.head.exchange(
      `GET ${client.path("a")}${client.sas("a")} HTTP/1.1\r\nHost: h\r\n\r\n`,
    );
    expect(text).toMatch(/\r\nContent-Length: 10\r\n.*\r\n\r\n01234$/is);
    expect(client.head.logged).toContainEqual(
      expect.objectContaining({ level: "error", message: "answer lost" }),
    );
  });
});

describe("a listing", () => {
  const list = "restype=container&comp=list";
  const container = `/${BLOB_ACCOUNT_NAME}/${CONTAINER}`;
  const namesOf = (text: string) =>
    [...text.matchAll(/<Name>(.*?)<\/Name>/g)].map(([, name]) => name);

  test("names the blobs in order, a page at a time", async () => {
    await using client = await startBlobHead();
    for (const name of ["d2/b", "d1/a", "d1/c", "d2/a"]) await client.put(name, "x");
    const first = await client.withKey("GET", container, { query: `${list}&maxresults=3` });
    expect(first).toMatchObject({ status: 200, headers: { "content-type": "application/xml" } });
    expect(namesOf(first.text)).toEqual(["d1/a", "d1/c", "d2/a"]);
    const marker = /<NextMarker>(.*)<\/NextMarker>/.exec(first.text)?.[1] ?? "";
    const query = `${list}&maxresults=3&marker=${encodeURIComponent(marker)}`;
    const second = await client.withKey("GET", container, { query });
    expect(namesOf(second.text)).toEqual(["d2/b"]);
    expect(second.text).toContain("<NextMarker />");
  });

  test("shows folders instead of what is in them", async () => {
    await using client = await startBlobHead();
    for (const name of ["d1/a", "d1/b/1", "d1/b/2", "d1/c", "d2/x"]) await client.put(name, "x");
    const at = async (more: string) =>
      namesOf(
        (await client.withKey("GET", container, { query: `${list}&delimiter=/${more}` })).text,
      );
    expect(await at("")).toEqual(["d1/", "d2/"]);
    expect(await at("&prefix=d1/")).toEqual(["d1/a", "d1/b/", "d1/c"]);
    expect(await at("&prefix=d1/b")).toEqual(["d1/b/"]);
    expect(await at("&prefix=d3/")).toEqual([]);
    const { text } = await client.withKey("GET", container, {
      query: `${list}&delimiter=/&prefix=d1/&maxresults=2`,
    });
    expect(namesOf(text)).toEqual(["d1/a", "d1/b/"]);
    const marker = /<NextMarker>(.*)<\/NextMarker>/.exec(text)?.[1] ?? "";
    expect(await at(`&prefix=d1/&marker=${encodeURIComponent(marker)}`)).toEqual(["d1/c"]);
  });

  test("is for those who may list", async () => {
    await using client = await startBlobHead();
    const target = (sas: string) => `${container}${sas}&${list}`;
    const send = (sas: string) => client.head.send("GET", target(sas));
    expect((await send(client.sas(undefined, { permissions: "l" }))).status).toBe(200);
    expect(await send(client.sas(undefined, { permissions: "r" }))).toMatchObject(
      refusal(403, "AuthorizationPermissionMismatch"),
    );
    expect(await send(client.sas("a"))).toMatchObject(refusal(403, "AuthenticationFailed"));
  });

  test.each([
    ["&maxresults=0", 400, "OutOfRangeQueryParameterValue"],
    ["&maxresults=-1", 400, "OutOfRangeQueryParameterValue"],
    ["&maxresults=many", 400, "InvalidQueryParameterValue"],
  ])("with %s is refused", async (more, status, code) => {
    await using client = await startBlobHead();
    expect(await client.withKey("GET", container, { query: list + more })).toMatchObject(
      refusal(status, code),
    );
  });

  test("of a container that does not exist is refused", async () => {
    await using client = await startBlobHead();
    const elsewhere = `/${BLOB_ACCOUNT_NAME}/elsewhere`;
    expect(await client.withKey("GET", elsewhere, { query: list })).toMatchObject(
      refusal(404, "ContainerNotFound"),
    );
    expect(await client.withKey("HEAD", elsewhere, { query: "restype=container" })).toMatchObject(
      refusal(404, "ContainerNotFound"),
    );
    expect(await client.withKey("HEAD", container, { query: "restype=container" })).toMatchObject({
      status: 200,
      text: "",
    });
  });
});

function describedAs(sizeBytes: number) {
  return {
    address: { containerName: CONTAINER, blobName: "a" },
    etag: "0x1",
    sizeBytes,
    createdAtMs: 0,
    lastModifiedMs: 0,
    headers: {
      contentType: "text/plain",
      contentEncoding: undefined,
      contentLanguage: undefined,
      contentDisposition: undefined,
      cacheControl: undefined,
      contentMd5: undefined,
    },
    metadata: new Map<string, string>(),
  };
}

/** A blob that is never in memory as a whole. */
function endless(sizeBytes: number, served: { count: number }) {
  let close = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const store = async () => ({
    blob: describedAs(sizeBytes),
    async *read() {
      while (served.count < sizeBytes) {
        served.count += 100_000;
        yield Buffer.alloc(100_000);
      }
    },
    [Symbol.dispose]: () => close(),
  });
  return { store, closed };
}
