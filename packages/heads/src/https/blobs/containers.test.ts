import { DEFAULT_BLOB_LIMITS } from "@larimar/domain";
import { createTestHub, MemoryBlobStore } from "@larimar/domain/fixtures";
import { BLOB_ACCOUNT_NAME } from "@larimar/wire";
import { describe, expect, test } from "vitest";
import { readToEnd } from "../test-head.fixture.ts";
import { type BlobClient, CONTAINER, refusal, startBlobHead } from "./blob-test.fixture.ts";

const query = "restype=container";
const pathOf = (containerName: string) => `/${BLOB_ACCOUNT_NAME}/${containerName}`;
const create = (client: BlobClient, containerName: string, headers = {}) =>
  client.withKey("PUT", pathOf(containerName), { query, headers });
const remove = (client: BlobClient, containerName: string, headers = {}) =>
  client.withKey("DELETE", pathOf(containerName), { query, headers });
const describeOne = (client: BlobClient, containerName: string) =>
  client.withKey("HEAD", pathOf(containerName), { query });
const listing = async (client: BlobClient, more = "") =>
  (await client.withKey("GET", pathOf(""), { query: `comp=list${more}` })).text;
const namesIn = (xml: string) => xml.match(/(?<=<Container><Name>)[^<]+/g);

describe("a container of one's own", () => {
  test("is made empty, described, filled, and deleted with all that is in it", async () => {
    await using client = await startBlobHead();
    const created = await create(client, "checkpoints", { "x-ms-meta-purpose": "readers" });
    expect(created).toMatchObject({
      status: 201,
      text: "",
      headers: {
        etag: expect.stringMatching(/^"0x[0-9A-F]{16}"$/) as string,
        "last-modified": new Date(client.head.clock.now()).toUTCString(),
      },
    });
    expect(await describeOne(client, "checkpoints")).toMatchObject({
      status: 200,
      headers: { etag: created.headers.etag, "x-ms-meta-purpose": "readers" },
    });
    const blob = `${pathOf("checkpoints")}/a`;
    const headers = { "x-ms-blob-type": "BlockBlob", "content-length": "0" };
    expect((await client.withKey("PUT", blob, { headers })).status).toBe(201);
    expect((await remove(client, "checkpoints")).status).toBe(202);
    expect(await client.withKey("GET", blob)).toMatchObject(refusal(404, "ContainerNotFound"));
    expect((await describeOne(client, "checkpoints")).status).toBe(404);
    expect(await remove(client, "checkpoints")).toMatchObject(refusal(404, "ContainerNotFound"));
  });

  test.each(["", "&comp=block&blockid=YQ=="])(
    "does not come back with an upload that was on its way when it was deleted: %s",
    async (operation) => {
      const blobs = new MemoryBlobStore();
      const receive = blobs.receive.bind(blobs);
      const beginsToArrive = new Promise<void>((resolve) => {
        blobs.receive = (content, limits) => {
          resolve();
          return receive(content, limits);
        };
      });
      await using client = await startBlobHead({ testHub: createTestHub({ blobs }) });
      await create(client, "mine");
      const socket = await client.head.connect();
      const answer = readToEnd(socket);
      const target = client.path("a", "mine") + client.sas("a", { containerName: "mine" });
      socket.write(
        `PUT ${target}${operation} HTTP/1.1\r\nHost: h\r\nx-ms-blob-type: BlockBlob\r\n` +
          "Connection: close\r\nContent-Length: 10\r\n\r\n01234",
      );
      await beginsToArrive;
      expect((await remove(client, "mine")).status).toBe(202);
      socket.write("56789");
      const text = await answer;
      expect(text).toMatch(/^HTTP\/1\.1 404 /);
      expect(text).toMatch(/^x-ms-error-code: ContainerNotFound\r$/im);
      expect(namesIn(await listing(client))).toEqual([CONTAINER]);
    },
  );

  test("is made once, and so is the one for uploads", async () => {
    await using client = await startBlobHead();
    expect((await create(client, "mine")).status).toBe(201);
    for (const name of ["mine", CONTAINER]) {
      expect(await create(client, name)).toMatchObject(refusal(409, "ContainerAlreadyExists"));
    }
  });

  test("is one of no more than may be", async () => {
    const blobLimits = { ...DEFAULT_BLOB_LIMITS, containersMax: 1 };
    await using client = await startBlobHead({ testHub: createTestHub({ blobLimits }) });
    expect((await create(client, "one")).status).toBe(201);
    expect(await create(client, "two")).toMatchObject(refusal(409, "TooManyContainers"));
    expect((await remove(client, "one")).status).toBe(202);
    expect((await create(client, "two")).status).toBe(201);
  });

  test("is listed by name beside the one for uploads, a page at a time", async () => {
    await using client = await startBlobHead();
    await create(client, "zebra", { "x-ms-meta-a": "<1>" });
    await create(client, "ant");
    expect(namesIn(await listing(client))).toEqual(["ant", CONTAINER, "zebra"]);
    const first = await listing(client, "&maxresults=2");
    expect(namesIn(first)).toEqual(["ant", CONTAINER]);
    expect(first).toContain(`<NextMarker>${CONTAINER}</NextMarker>`);
    expect(namesIn(await listing(client, `&maxresults=2&marker=${CONTAINER}`))).toEqual(["zebra"]);
    const ofPrefix = await listing(client, "&prefix=z&include=metadata");
    expect(ofPrefix).toContain("<Metadata><a>&lt;1&gt;</a></Metadata>");
    expect(namesIn(ofPrefix)).toEqual(["zebra"]);
    expect(
      await client.withKey("GET", pathOf(""), { query: "comp=list&maxresults=0" }),
    ).toMatchObject(refusal(400, "OutOfRangeQueryParameterValue"));
  });

  test("is the business of whoever has the account's key, not of a signature", async () => {
    await using client = await startBlobHead();
    const sas = client.sas(undefined);
    const path = pathOf(CONTAINER);
    const refused = refusal(403, "AuthorizationPermissionMismatch");
    for (const method of ["PUT", "DELETE"]) {
      expect(await client.head.send(method, `${path}${sas}&${query}`)).toMatchObject(refused);
    }
    expect(await client.head.send("GET", `/${BLOB_ACCOUNT_NAME}?comp=list`)).toMatchObject(
      refusal(401, "NoAuthenticationInformation"),
    );
    const wrong = Buffer.alloc(32).toString("base64");
    const forged = client.withKey("GET", pathOf(""), { query: "comp=list", key: wrong });
    expect(await forged).toMatchObject(refusal(403, "AuthenticationFailed"));
  });

  test("cannot be the one for uploads to be deleted", async () => {
    await using client = await startBlobHead();
    await client.put("a", "x");
    const refused = refusal(403, "AuthorizationPermissionMismatch");
    expect(await remove(client, CONTAINER)).toMatchObject(refused);
    expect((await client.call("GET", "a")).text).toBe("x");
  });

  test.each([
    ["with access for everybody", { "x-ms-blob-public-access": "blob" }, 400, "UnsupportedHeader"],
    ["with a name of metadata that is none", { "x-ms-meta-a-b": "1" }, 400, "InvalidMetadata"],
    ["with too much metadata", { "x-ms-meta-a": "x".repeat(8192) }, 400, "MetadataTooLarge"],
  ])("is not made %s", async (_, headers, status, code) => {
    await using client = await startBlobHead();
    expect(await create(client, "mine", headers)).toMatchObject(refusal(status, code));
    expect((await describeOne(client, "mine")).status).toBe(404);
  });

  test("is not deleted on conditions", async () => {
    await using client = await startBlobHead();
    await create(client, "mine");
    const since = { "if-unmodified-since": new Date(0).toUTCString() };
    expect(await remove(client, "mine", since)).toMatchObject(refusal(400, "UnsupportedHeader"));
    expect((await describeOne(client, "mine")).status).toBe(200);
  });
});
