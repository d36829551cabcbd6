import { MemoryBlobContainers, createTestHub, settle } from "@larimar/domain/fixtures";
import { transferLines } from "@larimar/wire";
import { describe, expect, test } from "vitest";
import { type TestHead, startTestHead } from "../../test-head.fixture.ts";

const policy = "registryReadWrite";
const CONTAINER = "https://account/container";

async function start() {
  const containers = new MemoryBlobContainers();
  const testHub = createTestHub({ containers, transferFormat: transferLines });
  return { head: await startTestHead({ testHub }), blobs: containers.blobs };
}

const create = (head: TestHead, body: object | string) =>
  head.send("POST", "/jobs/create", { policy, body });

const exportBody = { type: "export", outputBlobContainerUri: `${CONTAINER}?sig=secret` };

const refused = (status: number, name: string) => ({
  status,
  headers: { "iothub-errorcode": name },
  // Form A, which clients of the registry read.
  json: { Message: expect.stringMatching(new RegExp(`^ErrorCode:${name};`)) as string },
});

describe("an export over HTTPS", () => {
  test("is answered with a job, which tells how far it is and no secrets", async () => {
    const { head: opened, blobs } = await start();
    await using head = opened;
    await head.createDevice("d1");
    const body = { ...exportBody, Type: "Export", type: undefined, excludeKeysInExport: true };
    const created = await create(head, { ...body, storageAuthenticationType: "KeyBased" });
    const { jobId } = created.json as { jobId: string };
    expect(created).toMatchObject({ status: 200, json: { type: "export", status: "enqueued" } });
    await settle();
    const path = `/jobs/${jobId}`;
    const read = await head.send("GET", path, { policy: "registryRead" });
    expect(read.json).toEqual({
      jobId,
      type: "export",
      status: "completed",
      progress: 100,
      startTimeUtc: new Date(head.clock.now()).toISOString(),
      endTimeUtc: new Date(head.clock.now()).toISOString(),
      excludeKeysInExport: true,
      storageAuthenticationType: "keyBased",
      outputBlobContainerUri: CONTAINER,
      outputBlobName: "devices.txt",
    });
    expect((await head.send("GET", "/jobs", { policy: "registryRead" })).json).toEqual([read.json]);
    expect(blobs.get(`${CONTAINER}/devices.txt`)).toMatch(
      /^\{"id":"d1",.*"primaryKey":null.*\}\r\n$/,
    );
    expect(await head.send("DELETE", path, { policy })).toMatchObject({ status: 204, text: "" });
    // Whoever asks for it among the scheduled jobs is told to ask elsewhere.
    expect(await head.send("GET", `/jobs/v2/${jobId}`, { policy: "service" })).toMatchObject({
      status: 200,
      json: { jobId, status: "unknown" },
    });
  });

  test("is read again by an import, keys and twins included", async () => {
    const { head: opened } = await start();
    await using head = opened;
    const { key } = await head.createDevice("d1");
    await head.hub.twins.update({ deviceId: "d1" }, { tags: { ["__proto__"]: 1 } }, "any");
    await create(head, exportBody);
    await settle();
    await head.hub.devices.delete("d1", "any");
    const imported = await create(head, {
      ...exportBody,
      type: "import",
      inputBlobContainerUri: CONTAINER,
    });
    expect(imported).toMatchObject({ status: 200, json: { inputBlobContainerUri: CONTAINER } });
    await settle();
    const { device } = await head.hub.devices.get("d1");
    expect(device.authentication).toMatchObject({ primaryKey: key });
    const { tags } = await head.hub.twins.get({ deviceId: "d1" });
    expect(JSON.stringify(tags)).toBe('{"__proto__":1}');
  });
});

describe("configurations over HTTPS", () => {
  const path = "/configurations/speed";
  const configuration = {
    id: "speed",
    schemaVersion: "1.0",
    labels: { floor: "2" },
    content: { deviceContent: { "properties.desired.speed": 4 } },
    targetCondition: "tags.hall = 3",
    priority: 2,
    metrics: {
      queries: { fast: "SELECT deviceId FROM devices WHERE properties.reported.speed = 4" },
    },
  };
  const including = { ...exportBody, includeConfigurations: true };

  test("are exported as clients read them, and imported from there", async () => {
    const { head: opened, blobs } = await start();
    await using head = opened;
    await head.send("PUT", path, { policy: "iothubowner", body: configuration });
    const created = await create(head, including);
    expect(created).toMatchObject({
      status: 200,
      json: { includeConfigurations: true, configurationsBlobName: "configurations.txt" },
    });
    await settle();
    const line = JSON.parse(blobs.get(`${CONTAINER}/configurations.txt`) ?? "") as object;
    const { json } = await head.send("GET", path, { policy: "iothubowner" });
    expect(json).toMatchObject(configuration);
    const { metrics, systemMetrics, ...own } = json as Record<string, { queries: object }>;
    expect(line).toEqual({
      ...own,
      metrics: { ...metrics, results: {} },
      systemMetrics: { ...systemMetrics, results: {} },
    });
    await head.send("DELETE", path, { policy: "iothubowner" });
    const imported = { ...including, type: "import", inputBlobContainerUri: CONTAINER };
    expect((await create(head, imported)).status).toBe(200);
    await settle();
    expect(blobs.has(`${CONTAINER}/importErrors.log`)).toBe(false);
    const { json: returned } = await head.send("GET", path, { policy: "iothubowner" });
    expect(returned).toMatchObject(configuration);
  });

  test("are refused one by one, with what is wrong with them", async () => {
    const { head: opened, blobs } = await start();
    await using head = opened;
    await head.send("PUT", path, { policy: "iothubowner", body: configuration });
    blobs.set(`${CONTAINER}/devices.txt`, "");
    const lines = [
      { ...configuration, importMode: "CreateOrUpdateIfMatchETag", etag: null },
      { ...configuration, id: "other", importMode: "delete" },
      { ...configuration, id: "slow", targetCondition: "tags.hall = " },
      { ...configuration, id: "fresh", importMode: "createOrUpdateIfMatchETag" },
    ];
    const name = "mine.txt";
    blobs.set(`${CONTAINER}/${name}`, lines.map((line) => JSON.stringify(line)).join("\n"));
    const body = { ...including, configurationsBlobName: name, inputBlobContainerUri: CONTAINER };
    expect((await create(head, { ...body, type: "import" })).status).toBe(200);
    await settle();
    const refusals = (blobs.get(`${CONTAINER}/importErrors.log`) ?? "")
      .trimEnd()
      .split("\r\n")
      .map((line) => JSON.parse(line) as object);
    const operation = "createOrUpdateIfMatchETag";
    expect(refusals).toEqual([
      expect.objectContaining({ configurationId: "speed", errorCode: 409_401, operation }),
      expect.objectContaining({ blobName: name, line: 2, errorCode: 400_012 }),
      expect.objectContaining({ configurationId: "slow", operation }),
    ]);
    const { json } = await head.send("GET", "/configurations/fresh", { policy: "iothubowner" });
    expect(json).toMatchObject({ ...configuration, id: "fresh" });
  });

  test("stay where they are when a blob is named and they are not asked for", async () => {
    const { head: opened, blobs } = await start();
    await using head = opened;
    await head.send("PUT", path, { policy: "iothubowner", body: configuration });
    const named = { ...exportBody, includeConfigurations: null, configurationsBlobName: "c.txt" };
    const { json } = await create(head, named);
    expect(json).not.toHaveProperty("configurationsBlobName");
    await settle();
    expect([...blobs.keys()]).toEqual([`${CONTAINER}/devices.txt`]);
  });
});

describe("imports and exports over HTTPS", () => {
  test.each([
    ["without a type", { type: undefined }, "ArgumentInvalid"],
    ["of another type", { type: "scheduleUpdateTwin" }, "ArgumentInvalid"],
    ["without a container", { outputBlobContainerUri: undefined }, "ArgumentInvalid"],
    [
      "with a container that is none",
      { outputBlobContainerUri: "x" },
      "BlobContainerValidationError",
    ],
    ["of what an import begins with nowhere", { type: "import" }, "BlobContainerValidationError"],
    [
      "with one blob for devices and configurations",
      { includeConfigurations: true, configurationsBlobName: "devices.txt" },
      "ArgumentInvalid",
    ],
    ["of configurations, perhaps", { includeConfigurations: "maybe" }, "ArgumentInvalid"],
  ])("are refused %s", async (_, change, name) => {
    const { head: opened } = await start();
    await using head = opened;
    expect(await create(head, { ...exportBody, ...change })).toMatchObject(refused(400, name));
    expect((await head.send("GET", "/jobs", { policy })).json).toEqual([]);
  });

  test("need the right to the registry", async () => {
    const { head: opened } = await start();
    await using head = opened;
    const routes = [
      ["POST", "/jobs/create", ["service", "device", "registryRead"]],
      ["GET", "/jobs", ["service", "device"]],
      ["GET", "/jobs/j1", ["service", "device"]],
      ["DELETE", "/jobs/j1", ["service", "device", "registryRead"]],
    ] as const;
    for (const [method, path, others] of routes) {
      for (const other of others) {
        const body = method === "POST" ? { body: exportBody } : {};
        expect(await head.send(method, path, { ...body, policy: other })).toMatchObject(
          refused(401, "IotHubUnauthorizedAccess"),
        );
      }
    }
  });

  test("that nobody knows are not found", async () => {
    const { head: opened } = await start();
    await using head = opened;
    for (const method of ["GET", "DELETE"]) {
      expect(await head.send(method, "/jobs/j1", { policy })).toMatchObject(
        refused(404, "JobNotFound"),
      );
    }
  });
});
