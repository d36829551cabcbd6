import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Hub } from "@larimar/domain";
import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { buildServiceSas } from "@larimar/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HubContainers } from "./hub-containers.ts";

const CONTAINER = "uploads";
const MIB = 1024 * 1024;

let server: TestServer;
let hub: Hub;

beforeAll(async () => {
  server = await startTestServer();
  hub = server.server.hubs.list()[0]!;
});

afterAll(() => server[Symbol.asyncDispose]());

interface Signed {
  readonly permissions?: string;
  readonly key?: string;
  readonly expiresAtMs?: number;
}

/** As whoever has the account's key makes it. */
function uriOf({
  permissions = "rw",
  key,
  expiresAtMs = Date.now() + 60_000,
}: Signed = {}): string {
  const sas = buildServiceSas({
    accountName: "larimarblobs",
    resource: { containerName: CONTAINER },
    permissions,
    expiresAtMs,
    sign: (text) => {
      const used = Buffer.from(key ?? hub.settings.blobAccountKeys.primaryKey, "base64");
      return createHmac("sha256", used).update(text).digest("base64");
    },
  });
  return `https://localhost:${server.connection.ports.https}/larimarblobs/${CONTAINER}${sas}`;
}

/** The same account, looked at from inside or through its endpoint. */
const containers = {
  "built in": () => new HubContainers({ hub: () => hub, httpsPort: server.connection.ports.https }),
  elsewhere: () =>
    new HubContainers({
      hub: () => hub,
      httpsPort: 1,
      ca: readFileSync(server.connection.caFile, "utf8"),
    }),
};

const read = { authentication: "keyBased", permission: "read" } as const;
const write = { authentication: "keyBased", permission: "write" } as const;

async function* pieces(...texts: string[]) {
  yield* texts;
}

async function textOf(content: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of content) text += piece;
  return text;
}

describe.each(Object.entries(containers))("a container %s", (_, open) => {
  test("gives back what is written, however large and wherever characters are cut", async () => {
    const line = `${"ä€😀".repeat(1000)}\r\n`;
    const count = Math.ceil((9 * MIB) / Buffer.byteLength(line));
    async function* lines() {
      for (let i = 0; i < count; i++) yield line;
    }
    await open().open(uriOf(), write).write("large.txt", lines());
    const text = await textOf(
      open()
        .open(uriOf({ permissions: "r" }), read)
        .read("large.txt"),
    );
    expect(text.length).toBe(line.length * count);
    expect(text === line.repeat(count)).toBe(true);
  });

  test("replaces what was there, also by nothing", async () => {
    const container = open().open(uriOf(), write);
    await container.write("some.txt", pieces("one", "", "two"));
    expect(await textOf(container.read("some.txt"))).toBe("onetwo");
    await container.write("some.txt", pieces());
    expect(await textOf(container.read("some.txt"))).toBe("");
  });

  test("keeps what was there when the writer gives up", async () => {
    const container = open().open(uriOf(), write);
    await container.write("kept.txt", pieces("kept"));
    async function* broken() {
      yield "x".repeat(5 * MIB);
      throw new Error("no more");
    }
    await expect(container.write("kept.txt", broken())).rejects.toThrow("no more");
    expect(await textOf(container.read("kept.txt"))).toBe("kept");
  });

  test("says so when it has no such blob", async () => {
    const container = open().open(uriOf(), read);
    await expect(textOf(container.read("missing.txt"))).rejects.toMatchObject({
      code: "BlobNotFound",
    });
  });

  test.each([
    ["with another's signature", { key: Buffer.alloc(32).toString("base64") }],
    ["after its time", { expiresAtMs: Date.now() - 60_000 }],
    ["for reading only", { permissions: "r" }],
  ])("refuses to be written %s", async (_case, signed) => {
    const writing = async () => open().open(uriOf(signed), write).write("refused.txt", pieces("x"));
    const error = await writing().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "BlobContainerInvalid" });
    expect(String(error)).not.toContain("sig=");
  });
});

describe("the URI of a container", () => {
  const opening = (uri: string, authentication: "keyBased" | "identityBased" = "keyBased") =>
    containers["built in"]().open(uri, { authentication, permission: "write" });

  test.each([
    ["", "is missing"],
    ["uploads", "is none"],
    ["http://storage.example/container?sig=x", "is not encrypted"],
    ["https://user:secret@storage.example/container", "names a user"],
    ["ftp://storage.example/container", "is of another protocol"],
  ])("'%s' is refused, as it %s", (uri) => {
    expect(() => opening(uri)).toThrow(expect.objectContaining({ code: "BlobContainerInvalid" }));
  });

  test("needs no signature for the hub's own account, when the hub's own rights will do", async () => {
    const plain = uriOf().split("?")[0]!;
    await opening(plain, "identityBased").write("own.txt", pieces("own"));
    expect(await textOf(opening(plain, "identityBased").read("own.txt"))).toBe("own");
    expect(() => opening(plain)).toThrow(expect.objectContaining({ code: "BlobContainerInvalid" }));
    expect(() => opening("https://storage.example/container", "identityBased")).toThrow();
  });

  test("of an account that does not answer makes it busy", async () => {
    // The discard port, where nobody listens.
    const container = opening("https://127.0.0.1:9/container?sig=x");
    await expect(container.write("a", pieces("x"))).rejects.toMatchObject({ code: "Busy" });
  });
});
