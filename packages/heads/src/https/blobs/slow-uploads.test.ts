import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { readToEnd } from "../test-head.fixture.ts";
import { type BlobClient, startBlobHead } from "./blob-test.fixture.ts";

const limits = {
  headersTimeoutMs: 250,
  requestTimeoutMs: 500,
  uploadTimeoutMs: 60_000,
  timeoutCheckIntervalMs: 25,
};
const statusesOf = (text: string) => text.match(/(?<=HTTP\/1\.1 )\d+/g);

/** An upload of which only the half has come. */
async function beginUpload(client: BlobClient): Promise<Socket> {
  const socket = await client.head.connect();
  const target = client.path("a") + client.sas("a");
  socket.write(
    `PUT ${target} HTTP/1.1\r\nHost: h\r\nx-ms-blob-type: BlockBlob\r\nConnection: close\r\n` +
      "Content-Length: 10\r\n\r\n01234",
  );
  return socket;
}

/** Resolves once any other request that began before would have been given up. */
async function outlast(client: BlobClient): Promise<void> {
  const token = client.head.policyToken("iothubowner");
  const head = `PUT /devices/d?api-version=1 HTTP/1.1\r\nHost: h\r\nAuthorization: ${token}\r\n`;
  const text = await client.head.exchange(`${head}Content-Length: 10\r\n\r\n{`);
  expect(statusesOf(text)).toEqual(["408"]);
}

describe("an upload over a slow link", () => {
  test("may take longer than other requests", async () => {
    await using client = await startBlobHead({ limits });
    const socket = await beginUpload(client);
    const answer = readToEnd(socket);
    await outlast(client);
    socket.write("56789");
    expect(statusesOf(await answer)).toEqual(["201"]);
    expect((await client.call("GET", "a")).text).toBe("0123456789");
  });

  test("may not take for ever", async () => {
    await using client = await startBlobHead({ limits });
    const answer = readToEnd(await beginUpload(client));
    await outlast(client);
    await client.head.clock.advance(limits.uploadTimeoutMs);
    expect(statusesOf(await answer)).toEqual(["408"]);
    expect((await client.call("GET", "a", { sas: client.sas("a") })).status).toBe(404);
  });
});
