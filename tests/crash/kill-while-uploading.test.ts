import { existsSync, readdirSync, statSync } from "node:fs";
import { request } from "node:https";
import path from "node:path";
import { ServerProcess, makeTemporaryDirectory } from "@larimar/testkit";
import { expect, test } from "vitest";
import { FileClient } from "../support/service-clients/file-client.ts";

// SDKs know no other port than 443 for these calls.
const ADDRESS = "127.0.0.32";
const KILLS = 5;

interface Destination {
  readonly containerName: string;
  readonly blobName: string;
  readonly sasToken: string;
}

test("a server that is killed while files come in keeps the whole ones and shows no half of another", async () => {
  await using directory = await makeTemporaryDirectory();
  await using server = await ServerProcess.start({
    dataDirectory: directory.path,
    address: ADDRESS,
    usesStandardPorts: true,
  });
  await using client = new FileClient(server.connection);
  const account = server.connection.hubs[0]!.files;
  const { connectionString: device } = await server.client().createDevice("d1");
  const { caPem } = server.client();
  const blobs = path.join(directory.path, "blobs");
  const filesIn = () => (existsSync(blobs) ? readdirSync(blobs) : []);
  const whole = new Map<string, string>();

  /** Sends the beginning of a blob, and goes on sending nothing. */
  async function beginToUpload(name: string): Promise<void> {
    const { containerName, blobName, sasToken } = (await client.call(
      "getBlobSharedAccessSignature",
      { device, name },
    )) as Destination;
    const outgoing = request({
      host: ADDRESS,
      ca: caPem,
      agent: false,
      method: "PUT",
      path: `/${containerName}/${blobName}${sasToken}`,
      headers: { "x-ms-blob-type": "BlockBlob", "content-length": 20_000_000 },
    });
    outgoing.on("error", () => {}); // that it ends is what this is about
    outgoing.write(Buffer.alloc(5_000_000, "x"));
    await expect
      .poll(() => filesIn().some((file) => statSync(path.join(blobs, file)).size >= 4_000_000))
      .toBe(true);
  }

  for (let kill = 0; kill < KILLS; kill++) {
    const name = `whole-${kill}`;
    const pattern = { sizeBytes: 300_000 + kill, seed: kill };
    whole.set(`d1/${name}`, await client.call("uploadToBlob", { device, name, pattern }));
    await beginToUpload(`half-${kill}`);
    await server.kill();
    await server.start();
    expect(await client.call("list", account)).toEqual([...whole.keys()].toSorted());
    for (const [blobName, sha256] of whole) {
      expect(await client.call("download", { ...account, blobName })).toMatchObject({ sha256 });
    }
    await expect.poll(() => filesIn().length).toBe(whole.size);
  }
});
