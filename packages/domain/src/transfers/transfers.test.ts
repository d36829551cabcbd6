import { describe, expect, test } from "vitest";
import {
  MemoryBlobContainers,
  MemoryTransferStore,
  createTestHub,
  settle,
} from "../fixtures/index.fixture.ts";
import type { Hub, HubParts } from "../hubs/hub.ts";
import { LINE_LENGTH_MAX, readLines } from "./text-lines.ts";
import type { TransferRequest } from "./transfer.ts";

const CONTAINER = "https://account/container";

function request(type: "export" | "import", changes: Partial<TransferRequest> = {}) {
  return {
    type,
    inputContainerUri: type === "import" ? `${CONTAINER}?sig=secret` : undefined,
    inputBlobName: "devices.txt",
    outputContainerUri: `${CONTAINER}?sig=secret`,
    outputBlobName: "devices.txt",
    authentication: "keyBased" as const,
    excludesKeys: false,
    ...changes,
  };
}

function setUp(overrides: Partial<HubParts> = {}) {
  const containers = new MemoryBlobContainers();
  const { hub, clock } = createTestHub({ containers, ...overrides });
  return { hub, clock, containers, blobs: containers.blobs };
}

async function ended(hub: Hub, jobId: string) {
  await settle();
  return hub.transfers.get(jobId);
}

describe("an export", () => {
  test("writes every device and module with their twins", async () => {
    const { hub, blobs, clock } = setUp();
    for (let i = 0; i < 205; i++) await hub.devices.create({ deviceId: `d${1000 + i}` });
    await hub.modules.create({ deviceId: "d1000", moduleId: "camera" });
    await hub.twins.update({ deviceId: "d1000" }, { tags: { hall: 3 } }, "any");
    const begun = await hub.transfers.begin(request("export"));
    expect(begun).toMatchObject({ status: "enqueued", type: "export", createdAtMs: clock.now() });
    expect(await ended(hub, begun.jobId)).toMatchObject({ status: "completed", progress: 100 });
    const text = blobs.get(`${CONTAINER}/devices.txt`) ?? "";
    expect(text.endsWith("\r\n")).toBe(true);
    const lines = text
      .trimEnd()
      .split("\r\n")
      .map((line) => JSON.parse(line) as object);
    expect(lines).toHaveLength(206);
    expect(lines.slice(0, 2)).toEqual([
      { id: "d1000", tags: { hall: 3 } },
      { id: "d1000", moduleId: "camera", tags: {} },
    ]);
  });

  test("keeps nothing that gives access to its container", async () => {
    const transfers = new MemoryTransferStore();
    const { hub } = setUp({ transfers });
    const { jobId } = await hub.transfers.begin(request("export"));
    expect((await ended(hub, jobId)).outputContainerUri).toBe(CONTAINER);
    expect(JSON.stringify(await transfers.list(9))).not.toContain("secret");
  });

  test("that cannot write has failed, and says why", async () => {
    const containers = new MemoryBlobContainers();
    const { hub } = setUp({
      containers: {
        open: (uri) => ({
          ...containers.open(uri),
          write: () => Promise.reject(new Error("with details that are nobody's business")),
        }),
      },
    });
    const { jobId } = await hub.transfers.begin(request("export"));
    expect(await ended(hub, jobId)).toMatchObject({
      status: "failed",
      failureReason: "Something went wrong on the server",
    });
  });
});

describe("an import", () => {
  const importing = async (lines: readonly string[]) => {
    const { hub, blobs } = setUp();
    await hub.devices.create({ deviceId: "there" });
    blobs.set(`${CONTAINER}/devices.txt`, lines.join("\r\n"));
    const { jobId } = await hub.transfers.begin(request("import"));
    const transfer = await ended(hub, jobId);
    return { hub, transfer, errors: blobs.get(`${CONTAINER}/importErrors.log`) };
  };

  test("makes and changes what it names, module after device", async () => {
    const { hub, transfer, errors } = await importing([
      '{"id":"new","tags":{"hall":3}}',
      '{"id":"new","moduleId":"camera","tags":{"lens":1}}',
      "",
      '{"id":"there","tags":{"hall":4}}',
      '{"id":"there","tags":{"hall":5}}',
    ]);
    expect(transfer).toMatchObject({ status: "completed", failureReason: undefined });
    expect(errors).toBeUndefined();
    const tags = async (deviceId: string, moduleId?: string) =>
      (await hub.twins.get({ deviceId, moduleId })).tags;
    expect(await tags("new")).toEqual({ hall: 3 });
    expect(await tags("new", "camera")).toEqual({ lens: 1 });
    expect(await tags("there")).toEqual({ hall: 5 });
  });

  test("goes on after lines that are refused, and says which", async () => {
    const many = Array.from({ length: 250 }, (_, i) => `{"id":"d${i}"}`);
    const { hub, transfer, errors } = await importing([
      '{"id":"there","mode":"create"}',
      "no JSON",
      '{"id":"not an id"}',
      ...many,
      '{"id":"gone","mode":"delete"}',
    ]);
    expect(transfer.status).toBe("completed");
    expect(errors?.trimEnd().split("\r\n").toSorted()).toEqual([
      "gone: DeviceNotFound",
      "line 2: no line of ours",
      "not an id: ArgumentInvalid",
      "there: DeviceAlreadyExists",
    ]);
    expect((await hub.devices.get("d249")).device.deviceId).toBe("d249");
  });

  test("of what is not there has failed", async () => {
    const { hub } = setUp();
    const { jobId } = await hub.transfers.begin(request("import"));
    expect(await ended(hub, jobId)).toMatchObject({
      status: "failed",
      failureReason: "There is no 'devices.txt'",
    });
  });

  test("takes an edge device's own modules as they come", async () => {
    const { hub } = setUp();
    const devices = [{ deviceId: "edge", capabilities: { iotEdge: true } }];
    for (const device of devices) await hub.devices.create(device);
    const containers = new MemoryBlobContainers();
    containers.blobs.set(
      `${CONTAINER}/devices.txt`,
      '{"id":"edge","moduleId":"$edgeHub","tags":{"a":1}}\n',
    );
    const other = setUp({ containers });
    await other.hub.devices.create(devices[0]!);
    const { jobId } = await other.hub.transfers.begin(request("import"));
    expect((await ended(other.hub, jobId)).status).toBe("completed");
    expect(containers.blobs.has(`${CONTAINER}/importErrors.log`)).toBe(false);
    const key = { deviceId: "edge", moduleId: "$edgeHub" };
    expect((await other.hub.twins.get(key)).tags).toEqual({ a: 1 });
  });
});

describe("configurations", () => {
  const configurationsBlobName = "configurations.txt";
  const input = {
    id: "speed",
    content: { deviceContent: { "properties.desired.speed": 4 } },
    targetCondition: "*",
    priority: 2,
  };
  const importing = async (hub: Hub, blobs: Map<string, string>, lines: readonly object[]) => {
    const text = lines.map((line) => JSON.stringify(line)).join("\r\n");
    blobs.set(`${CONTAINER}/${configurationsBlobName}`, text);
    const { jobId } = await hub.transfers.begin(request("import", { configurationsBlobName }));
    const { status } = await ended(hub, jobId);
    return { status, errors: blobs.get(`${CONTAINER}/importErrors.log`) };
  };

  test("stay where they are unless they are asked for", async () => {
    const { hub, blobs } = setUp();
    await hub.configurations.create(input);
    const { jobId } = await hub.transfers.begin(request("export"));
    expect((await ended(hub, jobId)).status).toBe("completed");
    expect([...blobs.keys()]).toEqual([`${CONTAINER}/devices.txt`]);
  });

  test("are written beside the identities, and made anew in another hub", async () => {
    const { hub, containers, blobs } = setUp();
    await hub.devices.create({ deviceId: "press" });
    await hub.configurations.create(input);
    const begun = await hub.transfers.begin(request("export", { configurationsBlobName }));
    expect(await ended(hub, begun.jobId)).toMatchObject({
      status: "completed",
      configurationsBlobName,
    });
    expect(blobs.get(`${CONTAINER}/${configurationsBlobName}`)).toMatch(
      /^\{"id":"speed",.*\}\r\n$/,
    );
    const other = setUp({ containers });
    const { jobId } = await other.hub.transfers.begin(
      request("import", { configurationsBlobName }),
    );
    expect((await ended(other.hub, jobId)).status).toBe("completed");
    expect(blobs.has(`${CONTAINER}/importErrors.log`)).toBe(false);
    const { configuration } = await other.hub.configurations.get("speed");
    expect(configuration).toMatchObject({ content: input.content, priority: 2 });
    expect((await other.hub.devices.get("press")).device.deviceId).toBe("press");
  });

  test("that are there are changed by who names their version, and others are refused", async () => {
    const { hub, blobs } = setUp();
    blobs.set(`${CONTAINER}/devices.txt`, '{"id":"press"}');
    const { configuration } = await hub.configurations.create(input);
    await hub.configurations.create({ ...input, id: "torque" });
    await hub.configurations.create({ ...input, id: "heat" });
    const { status, errors } = await importing(hub, blobs, [
      { ...input, etag: configuration.etag, priority: 7 },
      { ...input, id: "torque", priority: 7 },
      { ...input, id: "heat", etag: "another", priority: 7 },
      { ...input, id: "Not an id" },
      { ...input, id: "new", etag: "of another hub" },
    ]);
    expect(status).toBe("completed");
    expect(errors?.trimEnd().split("\r\n")).toEqual([
      "configuration torque: ConfigurationAlreadyExists",
      "configuration heat: PreconditionFailed",
      "configuration Not an id: ArgumentInvalid",
    ]);
    const found = await hub.configurations.list(10);
    expect(found.map(({ configuration: { id, priority } }) => [id, priority])).toEqual([
      ["heat", 2],
      ["new", 2],
      ["speed", 7],
      ["torque", 2],
    ]);
    expect((await hub.devices.get("press")).device.deviceId).toBe("press");
  });

  test("that can be read by nobody are named with their blob and line", async () => {
    const { hub, blobs } = setUp();
    blobs.set(`${CONTAINER}/devices.txt`, "");
    const { jobId } = await hub.transfers.begin(request("import", { configurationsBlobName: "c" }));
    expect(await ended(hub, jobId)).toMatchObject({
      status: "failed",
      failureReason: "There is no 'c'",
    });
    blobs.set(`${CONTAINER}/${configurationsBlobName}`, "\nno JSON");
    await hub.transfers.begin(request("import", { configurationsBlobName }));
    await settle();
    expect(blobs.get(`${CONTAINER}/importErrors.log`)).toBe(
      "configurations.txt line 2: no line of ours\r\n",
    );
  });

  test.each(["export", "import"] as const)("have a blob of their own in an %s", async (type) => {
    const { hub } = setUp();
    const shared = request(type, { configurationsBlobName: "devices.txt" });
    await expect(hub.transfers.begin(shared)).rejects.toMatchObject({ code: "ArgumentInvalid" });
    expect(await hub.transfers.list()).toEqual([]);
  });
});

describe("imports and exports", () => {
  /** A container whose writing waits until it is told to go on. */
  function slow() {
    const containers = new MemoryBlobContainers();
    let goOn = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const open: MemoryBlobContainers["open"] = (uri) => {
      const container = containers.open(uri);
      return {
        read: (name) => container.read(name),
        write: async (name, content) => {
          await waiting;
          await container.write(name, content);
        },
      };
    };
    return { containers: { open }, blobs: containers.blobs, goOn };
  }

  test("are made one at a time, and listed with the newest first", async () => {
    const { containers, goOn } = slow();
    const { hub } = setUp({ containers });
    const [first, second] = await Promise.allSettled([
      hub.transfers.begin(request("export")),
      hub.transfers.begin(request("export")),
    ]);
    expect(first.status).toBe("fulfilled");
    expect(second).toMatchObject({ reason: { code: "JobQuotaExceeded" } });
    goOn();
    await settle();
    const next = await hub.transfers.begin(request("export"));
    await settle();
    const listed = await hub.transfers.list();
    expect(listed.map(({ status }) => status)).toEqual(["completed", "completed"]);
    expect(listed[0]?.jobId).toBe(next.jobId);
  });

  test("can be cancelled, and then write nothing", async () => {
    const { containers, blobs, goOn } = slow();
    const { hub } = setUp({ containers });
    await hub.devices.create({ deviceId: "d1" });
    const { jobId } = await hub.transfers.begin(request("export"));
    await settle();
    await hub.transfers.cancel(jobId);
    expect((await hub.transfers.get(jobId)).status).toBe("cancelled");
    goOn();
    expect((await ended(hub, jobId)).status).toBe("cancelled");
    expect(blobs.size).toBe(0);
    await hub.transfers.cancel(jobId);
    await expect(hub.transfers.cancel("unknown")).rejects.toMatchObject({ code: "JobNotFound" });
    await hub.transfers.begin(request("export"));
  });

  test("are refused without a container, and then another may begin", async () => {
    const { hub } = setUp();
    const refused = { code: "BlobContainerInvalid" };
    const { begin } = { begin: (one: TransferRequest) => hub.transfers.begin(one) };
    await expect(begin(request("import", { inputContainerUri: undefined }))).rejects.toMatchObject(
      refused,
    );
    await expect(begin(request("export", { outputContainerUri: "x" }))).rejects.toMatchObject(
      refused,
    );
    expect(await hub.transfers.list()).toEqual([]);
    await begin(request("export"));
  });

  test("that a stop of the server interrupted have failed", async () => {
    const transfers = new MemoryTransferStore();
    const { containers } = slow();
    const first = setUp({ containers, transfers });
    const { jobId } = await first.hub.transfers.begin(request("export"));
    await settle();
    await first.hub[Symbol.asyncDispose]();
    const second = setUp({ transfers });
    expect(await ended(second.hub, jobId)).toMatchObject({
      status: "failed",
      failureReason: "The server stopped while the job was under way",
    });
    await second.hub.transfers.begin(request("export"));
  });

  test("are forgotten after a while", async () => {
    const { hub, clock } = setUp();
    const { jobId } = await hub.transfers.begin(request("export"));
    await settle();
    await clock.advance(31 * 24 * 60 * 60 * 1000);
    await expect(hub.transfers.get(jobId)).rejects.toMatchObject({ code: "JobNotFound" });
  });
});

describe("lines", () => {
  const chunks = async function* (...texts: string[]) {
    yield* texts;
  };

  test("are found wherever the pieces end, and counted with the blank ones", async () => {
    const found = [];
    for await (const line of readLines(chunks("a", "b\r", "\n\nc\n", " ", "d"))) found.push(line);
    expect(found).toEqual([
      { text: "ab", number: 1 },
      { text: "c", number: 3 },
      { text: "d", number: 4 },
    ]);
  });

  test("may not be endless", async () => {
    const reading = readLines(chunks("a\n", "x".repeat(LINE_LENGTH_MAX), "x", "\n"));
    await reading.next();
    await expect(reading.next()).rejects.toMatchObject({ code: "ArgumentInvalid" });
  });
});
