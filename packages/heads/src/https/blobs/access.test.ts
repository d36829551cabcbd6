import { createHubDirectory } from "@larimar/domain";
import { createTestHub, testSettings } from "@larimar/domain/fixtures";
import { BLOB_ACCOUNT_NAME } from "@larimar/wire";
import { describe, expect, test } from "vitest";
import { BlobClient, refusal, startBlobHead } from "./blob-test.fixture.ts";
import { startTestHead } from "../test-head.fixture.ts";

describe("a signature", () => {
  test.each([
    ["GET", "r"],
    ["HEAD", "r"],
    ["DELETE", "d"],
  ])("lets %s with %s, and with nothing else", async (method, needed) => {
    await using client = await startBlobHead();
    await client.put("a", "x");
    const others = "racwdl".replace(needed, "");
    const refused = await client.call(method, "a", {
      sas: client.sas("a", { permissions: others }),
    });
    expect(refused).toMatchObject(refusal(403, "AuthorizationPermissionMismatch"));
    const sas = client.sas("a", { permissions: needed });
    expect((await client.call(method, "a", { sas })).status).toBeLessThan(300);
  });

  test.each(["", "&comp=block&blockid=YQ==", "&comp=blocklist"])(
    "lets PUT %s with c or w, and with nothing else",
    async (query) => {
      await using client = await startBlobHead();
      const headers = { "x-ms-blob-type": "BlockBlob" };
      const body = query.endsWith("blocklist") ? "<BlockList/>" : "x";
      const put = (permissions: string, name: string) =>
        client.call("PUT", name, {
          sas: client.sas(name, { permissions }),
          query,
          headers,
          body,
        });
      expect(await put("rdl", "a")).toMatchObject(refusal(403, "AuthorizationPermissionMismatch"));
      expect((await put("c", "b")).status).toBe(201);
      expect((await put("w", "c")).status).toBe(201);
    },
  );

  test("ends when it says so, and not a moment later", async () => {
    await using client = await startBlobHead();
    await client.put("a", "x");
    const sas = client.sas("a", { expiresInMs: 10_000 });
    await client.head.clock.advance(9000);
    expect((await client.call("GET", "a", { sas })).status).toBe(200);
    await client.head.clock.advance(1000);
    expect(await client.call("GET", "a", { sas })).toMatchObject(
      refusal(403, "AuthenticationFailed"),
    );
  });

  test("is good for its blob alone, or for all blobs of its container", async () => {
    await using client = await startBlobHead();
    await client.put("a", "x");
    await client.put("b", "x");
    expect(await client.call("GET", "b", { sas: client.sas("a") })).toMatchObject(
      refusal(403, "AuthenticationFailed"),
    );
    const sas = client.sas(undefined);
    expect((await client.call("GET", "a", { sas })).status).toBe(200);
    expect((await client.call("GET", "b", { sas })).status).toBe(200);
    const elsewhere = client.path("a", "elsewhere") + sas;
    expect(await client.head.send("GET", elsewhere)).toMatchObject(
      refusal(403, "AuthenticationFailed"),
    );
  });

  test("may be made with either key, and with no other", async () => {
    await using client = await startBlobHead();
    await client.put("a", "x");
    const { secondaryKey } = client.head.hub.settings.blobAccountKeys;
    const withKey = (key: string) => client.call("GET", "a", { sas: client.sas("a", { key }) });
    expect((await withKey(secondaryKey)).status).toBe(200);
    const { primaryKey: policyKey } = client.head.hub.settings.policies[0]!;
    for (const key of [policyKey, "", Buffer.alloc(32).toString("base64")]) {
      expect(await withKey(key)).toMatchObject(refusal(403, "AuthenticationFailed"));
    }
  });

  test("is spoilt by any change", async () => {
    await using client = await startBlobHead();
    await client.put("a", "x");
    const sas = client.sas("a", { permissions: "r" });
    const changes: [RegExp, string][] = [
      [/sp=r\b/, "sp=rw"],
      [/se=20\d\d/, "se=2999"],
      [/sr=b/, "sr=c"],
      [/sv=2020-10-02/, "sv=2019-12-12"],
      [/spr=https/, "spr=https%2Chttp"],
      [/sig=./, "sig=%00"],
      [/sig=.*/, "sig="],
      [/sig=.*/, "sig=AAAA"],
      [/$/, "&st=2020-01-01"],
      [/$/, "&sip=0.0.0.0-255.255.255.255"],
    ];
    expect((await client.call("GET", "a", { sas })).status).toBe(200);
    for (const [pattern, replacement] of changes) {
      const changed = sas.replace(pattern, replacement);
      expect(changed).not.toBe(sas);
      expect(await client.call("GET", "a", { sas: changed }), changed).toMatchObject(
        refusal(403, "AuthenticationFailed"),
      );
    }
  });

  test("is never told what is wrong with it, but the operator is", async () => {
    await using client = await startBlobHead();
    const { text } = await client.call("GET", "a", { sas: client.sas("a", { expiresInMs: -1 }) });
    expect(text).not.toMatch(/valid any more/);
    const [entry] = client.head.logged.filter(({ level }) => level === "info");
    expect(entry).toMatchObject({
      message: "blob request refused",
      fields: {
        code: "AuthenticationFailed",
        path: client.path("a"),
        reason: expect.stringContaining("not valid any more") as string,
      },
    });
    expect(JSON.stringify(client.head.logged)).not.toContain("sig=");
  });

  test("or a key has to be there", async () => {
    await using client = await startBlobHead();
    expect(await client.call("GET", "a", { sas: "?x=1" })).toMatchObject({
      status: 401,
      headers: {
        "x-ms-error-code": "NoAuthenticationInformation",
        "www-authenticate": "SharedKey",
      },
    });
    const token = client.head.policyToken("iothubowner");
    expect(await client.call("GET", "a", { sas: "?x=1", token })).toMatchObject(
      refusal(403, "AuthenticationFailed"),
    );
  });
});

describe("the account's key", () => {
  test("opens everything, for the time around its date", async () => {
    await using client = await startBlobHead();
    await client.put("a", "x");
    const path = client.path("a");
    expect(await client.withKey("GET", path)).toMatchObject({ status: 200, text: "x" });
    const { secondaryKey } = client.head.hub.settings.blobAccountKeys;
    expect((await client.withKey("GET", path, { key: secondaryKey })).status).toBe(200);
    const at = (offsetMs: number) =>
      client.withKey("GET", path, {
        headers: { "x-ms-date": new Date(client.head.clock.now() + offsetMs).toUTCString() },
      });
    const quarterMs = 15 * 60 * 1000;
    expect((await at(-quarterMs)).status).toBe(200);
    expect(await at(-quarterMs - 1000)).toMatchObject(refusal(403, "AuthenticationFailed"));
    expect(await at(quarterMs + 1000)).toMatchObject(refusal(403, "AuthenticationFailed"));
  });

  test("has to be the right one, of this account, over this request", async () => {
    await using client = await startBlobHead();
    const path = client.path("a");
    const wrong = Buffer.alloc(32).toString("base64");
    for (const call of [
      { key: wrong },
      { accountName: "another" },
      { headers: { "x-ms-date": "yesterday" } },
    ]) {
      expect(await client.withKey("GET", path, call)).toMatchObject(
        refusal(403, "AuthenticationFailed"),
      );
    }
    const signed = { headers: { authorization: `SharedKey ${BLOB_ACCOUNT_NAME}:c2ln` } };
    expect(await client.head.send("GET", path, signed)).toMatchObject(
      refusal(403, "AuthenticationFailed"),
    );
  });
});

describe("a name", () => {
  const ways = [
    ["escaped slashes", "d1%2Fa.txt", "d1/a.txt"],
    ["escaped slashes in lower case", "d1%2fa.txt", "d1/a.txt"],
    ["a plus sign that is one", "d1/a+b", "d1/a+b"],
    ["a plus sign for a space", "d1%2Fa+b", "d1/a b"],
    ["an escaped plus sign", "d1%2Fa%2Bb", "d1/a+b"],
    ["a bare percent sign", "d1/100%.txt", "d1/100%.txt"],
    ["what only looks like an escape", "d1/a%41", "d1/a%41"],
    ["letters beyond ASCII", "d1/%C3%A4", "d1/ä"],
  ] as const;

  test.each(ways)("with %s is the one that was signed", async (_, path, blobName) => {
    await using client = await startBlobHead();
    const headers = { "x-ms-blob-type": "BlockBlob" };
    const target = client.path(path) + client.sas(blobName);
    expect((await client.head.send("PUT", target, { headers, body: "x" })).status).toBe(201);
    const address = { containerName: "uploads", blobName };
    expect(await client.head.testHub.blobs.find(address)).toMatchObject({ sizeBytes: 1 });
  });

  test.each(["../secret", "d1/../../x", "d1//a", "./a", "a/", "a\u0001b", "x".repeat(1025)])(
    "such as %j is none",
    async (blobName) => {
      await using client = await startBlobHead();
      const target = client.path(encodeURIComponent(blobName)) + client.sas(blobName);
      const headers = { "x-ms-blob-type": "BlockBlob" };
      expect(await client.head.send("PUT", target, { headers, body: "x" })).toMatchObject(
        refusal(400, "InvalidResourceName"),
      );
      const block = `${target}&comp=block&blockid=YQ==`;
      expect(await client.head.send("PUT", block, { body: "x" })).toMatchObject(
        refusal(400, "InvalidResourceName"),
      );
    },
  );

  test.each(["UP", "a", "..%2F..", "a--b", "-ab", "x".repeat(64)])(
    "of a container is none when it is %s",
    async (containerName) => {
      await using client = await startBlobHead();
      const path = client.path("a", containerName);
      expect(await client.withKey("GET", path)).toMatchObject(refusal(400, "InvalidResourceName"));
    },
  );
});

describe("an operation", () => {
  test.each([
    ["POST", "", 405, "UnsupportedHttpVerb"],
    ["PATCH", "", 405, "UnsupportedHttpVerb"],
    ["GET", "&comp=block", 405, "UnsupportedHttpVerb"],
    ["PUT", "&comp=page", 400, "UnsupportedQueryParameter"],
    ["PUT", "&comp=__proto__", 400, "UnsupportedQueryParameter"],
    ["PUT", "&comp=tags", 400, "UnsupportedQueryParameter"],
    ["GET", "&comp=metadata", 405, "UnsupportedHttpVerb"],
    ["GET", "&comp=blocklist", 405, "UnsupportedHttpVerb"],
    ["GET", "&snapshot=2020", 400, "UnsupportedQueryParameter"],
    ["toString", "", 405, "UnsupportedHttpVerb"],
  ])("%s %s is not one", async (method, query, status, code) => {
    await using client = await startBlobHead();
    if (method === "toString") {
      const target = client.path("a") + client.sas("a");
      const text = await client.head.exchange(`${method} ${target} HTTP/1.1\r\nHost: h\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      return;
    }
    expect(await client.call(method, "a", { query })).toMatchObject(refusal(status, code));
  });

  test("on the account itself is to list its containers", async () => {
    await using client = await startBlobHead();
    const path = `/${BLOB_ACCOUNT_NAME}`;
    expect(await client.withKey("GET", path, { query: "comp=properties" })).toMatchObject(
      refusal(400, "UnsupportedQueryParameter"),
    );
    expect(await client.withKey("PUT", path, { query: "comp=list" })).toMatchObject(
      refusal(405, "UnsupportedHttpVerb"),
    );
  });
});

describe("hubs of one server", () => {
  test("have blobs and keys of their own, told apart by the host", async () => {
    const one = createTestHub({}, testSettings({ name: "one", hostNames: ["one.example"] }));
    const other = createTestHub({}, testSettings({ name: "other", hostNames: ["other.example"] }));
    const hubs = createHubDirectory([one.hub, other.hub], { isStrict: true });
    await using head = await startTestHead({ testHub: one, hubs });
    const client = new BlobClient(head);
    const at = (host: string, sas: string) =>
      client.call("PUT", "a", {
        sas,
        body: "x",
        headers: { host, "x-ms-blob-type": "BlockBlob" },
      });
    expect((await at("one.example", client.sas("a"))).status).toBe(201);
    expect(await at("other.example", client.sas("a"))).toMatchObject(
      refusal(403, "AuthenticationFailed"),
    );
    const otherKey = other.hub.settings.blobAccountKeys.primaryKey;
    expect((await at("other.example", client.sas("a", { key: otherKey }))).status).toBe(201);
    expect(await at("nobody.example", client.sas("a"))).toMatchObject(refusal(400, "InvalidUri"));
    await other.hub[Symbol.asyncDispose]();
  });
});
