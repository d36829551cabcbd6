import { describe, expect, test } from "vitest";
import { type TestHead, startTestHead } from "../../test-head.fixture.ts";

const policy = "iothubowner";
const content = { deviceContent: { "properties.desired.chiller-water": { temperature: 66 } } };

function client(head: TestHead) {
  const of = (id: string) => `/configurations/${encodeURIComponent(id)}`;
  return {
    put: (id: string, body: object | string, headers = {}) =>
      head.send("PUT", of(id), { policy, body, headers }),
    get: (id: string) => head.send("GET", of(id), { policy }),
    delete: (id: string, headers = {}) => head.send("DELETE", of(id), { policy, headers }),
    list: (query = "") => head.send("GET", `/configurations/${query}`, { policy }),
    test: (body: object) => head.send("POST", "/configurations/testQueries", { policy, body }),
    apply: (deviceId: string, body: object) =>
      head.send("POST", `/devices/${deviceId}/applyConfigurationContent`, { policy, body }),
  };
}

describe("a configuration over HTTPS", () => {
  test("is written and read exactly as clients know it", async () => {
    await using head = await startTestHead();
    const { put, get } = client(head);
    const labels = { Env: "test" };
    const metrics = { queries: { waiting: "select deviceId from devices" } };
    const body = { id: "c!1", schemaVersion: "1.0", labels, content, metrics, etag: "*" };
    const created = await put("c!1", { ...body, targetCondition: "*", priority: 3 });
    expect(created.status).toBe(200);
    const { etag } = created.json as { etag: string };
    expect(created.headers.etag).toBe(`"${etag}"`);
    const expected = {
      id: "c!1",
      schemaVersion: "1.0",
      labels,
      content,
      contentType: "assignment",
      targetCondition: "*",
      priority: 3,
      createdTimeUtc: "2030-01-01T00:00:00.000Z",
      lastUpdatedTimeUtc: "2030-01-01T00:00:00.000Z",
      systemMetrics: {
        results: {},
        queries: {
          targetedCount: "select deviceId from devices",
          appliedCount:
            "select deviceId from devices where configurations.[[c!1]].status = 'Applied'",
        },
      },
      metrics: { results: {}, ...metrics },
      etag,
    };
    expect(created.json).toEqual(expected);
    expect((await get("c!1")).json).toEqual({
      ...expected,
      systemMetrics: { ...expected.systemMetrics, results: { targetedCount: 0, appliedCount: 0 } },
      metrics: { results: { waiting: 0 }, ...metrics },
    });
  });

  test("that says little has what a client looks into", async () => {
    await using head = await startTestHead();
    const { put } = client(head);
    const nulls = { schemaVersion: null, labels: null, metrics: null, targetCondition: null };
    expect((await put("c1", { content, ...nulls, priority: null })).json).toMatchObject({
      schemaVersion: null,
      labels: null,
      targetCondition: "",
      priority: 0,
      metrics: { results: {}, queries: {} },
    });
  });

  test("changes, and goes, under its ETag", async () => {
    await using head = await startTestHead();
    const { put, get, delete: remove } = client(head);
    const { etag } = (await put("c1", { content })).json as { etag: string };
    expect(await put("c1", { content })).toMatchObject({
      status: 409,
      headers: { "iothub-errorcode": "ConfigurationAlreadyExists" },
    });
    const stale = { "if-match": '"stale"' };
    expect((await put("c1", { priority: 1 }, stale)).status).toBe(412);
    expect((await put("c1", { priority: 1 }, { "if-match": `"${etag}"` })).json).toMatchObject({
      priority: 1,
      content,
    });
    expect((await remove("c1", stale)).status).toBe(412);
    expect(await remove("c1")).toMatchObject({ status: 204, text: "" });
    for (const answer of [await get("c1"), await remove("c1"), await put("c1", {}, stale)]) {
      expect(answer).toMatchObject({
        status: 404,
        headers: { "iothub-errorcode": "ConfigurationNotFound" },
        json: { Message: expect.stringMatching(/^ErrorCode:ConfigurationNotFound;/) as string },
      });
    }
  });

  test.each([
    ["InvalidConfigurationContent", { content: {} }],
    ["InvalidConfigurationContent", {}],
    ["InvalidConfigurationTargetCondition", { content, targetCondition: "tags.a =" }],
    ["InvalidConfigurationCustomMetricsQuery", { content, metrics: { queries: { a: "" } } }],
    ["ArgumentInvalid", { content, id: "another" }],
    ["ArgumentInvalid", { content, priority: "high" }],
    ["ArgumentInvalid", { content, priority: -1 }],
    ["ArgumentInvalid", { content, labels: { a: 1 } }],
    ["ArgumentInvalid", { content: "text" }],
    ["ArgumentInvalid", []],
    ["DeserializationError", "{"],
  ])("is refused with %s for %j, and nothing is left of it", async (name, body) => {
    await using head = await startTestHead();
    const { put, list } = client(head);
    expect(await put("c1", body)).toMatchObject({
      status: 400,
      headers: { "iothub-errorcode": name },
    });
    expect((await list()).json).toEqual([]);
  });

  test("keeps its content, whatever a client sends later", async () => {
    await using head = await startTestHead();
    const { put } = client(head);
    await put("c1", { content });
    const other = { deviceContent: { "properties.desired.a": 1 } };
    expect(await put("c1", { content: other }, { "if-match": "*" })).toMatchObject({
      status: 400,
      headers: { "iothub-errorcode": "CannotModifyImmutableConfigurationContent" },
    });
  });

  test("is listed with others in order of id, as many as are asked for", async () => {
    await using head = await startTestHead();
    const { put, list } = client(head);
    for (const id of ["b", "a", "c"]) await put(id, { content });
    const idsOf = async (query = "") =>
      ((await list(query)).json as { id: string }[]).map(({ id }) => id);
    expect(await idsOf()).toEqual(["a", "b", "c"]);
    expect(await idsOf("?api-version=1&top=2")).toEqual(["a", "b"]);
    expect(await idsOf("?api-version=1&top=1000")).toEqual(["a", "b", "c"]);
  });

  test("may have its queries tested before it is made", async () => {
    await using head = await startTestHead();
    const { test: judge } = client(head);
    const good = { all: "select * from devices" };
    expect(await judge({ targetCondition: "*", customMetricQueries: good })).toMatchObject({
      status: 200,
      json: { targetConditionError: null, customMetricQueryErrors: {} },
    });
    const customMetricQueries = { ...good, bad: "select *" };
    expect((await judge({ targetCondition: "tags.", customMetricQueries })).json).toEqual({
      targetConditionError: expect.stringContaining("line 1") as string,
      customMetricQueryErrors: { bad: expect.stringContaining("line 1") as string },
    });
  });

  test("has content that can be applied to one device without it", async () => {
    await using head = await startTestHead();
    const { apply } = client(head);
    await head.hub.devices.create({ deviceId: "d1" });
    expect((await apply("d1", content)).status).toBe(204);
    const { desired } = await head.hub.twins.get({ deviceId: "d1" });
    expect(desired.values).toEqual({ "chiller-water": { temperature: 66 } });
    expect(await apply("missing", content)).toMatchObject({
      status: 404,
      headers: { "iothub-errorcode": "DeviceNotFound" },
    });
    expect(await apply("d1", { modulesContent: [] })).toMatchObject({
      status: 400,
      headers: { "iothub-errorcode": "InvalidConfigurationContent" },
    });
  });
});
