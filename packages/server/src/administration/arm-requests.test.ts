import { request } from "node:https";
import { readFileSync } from "node:fs";
import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const GROUP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Devices";
const HUBS = `${GROUP}/IotHubs`;
const SERVICES = `${GROUP}/provisioningServices`;

interface Asked {
  readonly body?: unknown;
  /** In place of a body. */
  readonly text?: string | Buffer;
  readonly authorization?: string;
  readonly ifMatch?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly json: { readonly [key: string]: unknown; readonly error?: { code: string } };
}

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

function ask(method: string, target: string, asked: Asked = {}): Promise<Answer> {
  const { caFile, ports, admin } = server.connection;
  const payload = asked.text ?? (asked.body === undefined ? "" : JSON.stringify(asked.body));
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: "127.0.0.1",
      servername: "localhost",
      port: ports.https,
      ca: readFileSync(caFile),
      agent: false,
      method,
      path: target.includes("?") ? target : `${target}?api-version=2023-06-30`,
      headers: {
        authorization: asked.authorization ?? `Bearer ${admin.token}`,
        ...(asked.ifMatch !== undefined && { "if-match": asked.ifMatch }),
      },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      void incoming.toArray().then((chunks) => {
        const text = Buffer.concat(chunks as Buffer[]).toString();
        const json = (text === "" ? {} : JSON.parse(text)) as Answer["json"];
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, json });
      });
    });
    outgoing.end(payload);
  });
}

const settingsOf = (name: string) => server.server.hubs.find(name)?.settings;

describe("administration asks for the token of the server", () => {
  test.each([
    ["none", ""],
    ["another one", "Bearer another"],
    ["an empty one", "Bearer "],
    ["basic credentials", "Basic YTpi"],
    ["a token of a hub", "SharedAccessSignature sr=localhost&sig=x&se=1&skn=iothubowner"],
  ])("and refuses %s, on every path, before it looks at anything", async (_, authorization) => {
    for (const [method, target] of [
      ["GET", HUBS],
      ["GET", `${HUBS}/local`],
      ["GET", `${HUBS}/nobody`],
      ["DELETE", `${HUBS}/local`],
      ["POST", `${HUBS}/local/listkeys`],
      ["PUT", `${SERVICES}/local-dps`],
      ["GET", "/subscriptions/nowhere"],
    ] as const) {
      const answer = await ask(method, target, { authorization, text: "{" });
      expect(answer).toMatchObject({
        status: 401,
        headers: { "www-authenticate": "Bearer" },
        json: { error: { code: "AuthenticationFailed" }, code: "AuthenticationFailed" },
      });
      expect(JSON.stringify(answer.json)).not.toContain("local-dps");
    }
    expect(settingsOf("local")).toBeDefined();
  });

  test("which never reaches the log", async () => {
    await ask("GET", HUBS);
    await ask("GET", HUBS, { authorization: "Bearer wrong-and-secret" });
    const logged = JSON.stringify(server.log.entries);
    expect(logged).not.toContain(server.connection.admin.token);
    expect(logged).not.toContain("wrong-and-secret");
  });
});

describe("administration refuses", () => {
  test("a request without an api-version, and takes any", async () => {
    expect(await ask("GET", `${HUBS}?x=1`)).toMatchObject({
      status: 400,
      json: { error: { code: "MissingApiVersionParameter" } },
    });
    expect((await ask("GET", `${HUBS}?api-version=2026-03-01-preview`)).status).toBe(200);
  });

  test("paths that nobody knows, and methods that a path does not take", async () => {
    expect(await ask("GET", `${HUBS}/local/nothing`)).toMatchObject({
      status: 404,
      json: { error: { code: "PathNotFound" } },
    });
    expect(await ask("POST", HUBS)).toMatchObject({ status: 405, headers: { allow: "GET" } });
    expect(
      (await ask("GET", "/subscriptions/a%20b/providers/Microsoft.Devices/IotHubs")).status,
    ).toBe(400);
  });

  test.each([
    ["GET", `${HUBS}/nobody`],
    ["PATCH", `${HUBS}/nobody`],
    ["POST", `${HUBS}/nobody/listkeys`],
    ["POST", `${HUBS}/local/IotHubKeys/nobody/listkeys`],
    ["GET", `${HUBS}/nobody/quotaMetrics`],
    ["GET", `${HUBS}/local/eventHubEndpoints/events/ConsumerGroups/nobody`],
    ["PUT", `${HUBS}/local/eventHubEndpoints/other/ConsumerGroups/x`],
    ["GET", `${HUBS}/local/certificates/nobody`],
    ["GET", `${SERVICES}/nobody`],
    ["POST", `${SERVICES}/local-dps/keys/nobody/listkeys`],
    ["GET", `${SERVICES}/local-dps/certificates/nobody`],
  ])("%s %s, because it is not there", async (method, target) => {
    const asked = method === "GET" ? {} : { body: {} };
    expect(await ask(method, target, asked)).toMatchObject({ status: 404 });
  });

  test.each<[string, string | Buffer]>([
    ["nothing", ""],
    ["half of it", '{"location":'],
    ["a list", "[]"],
    ["a text", '"hub"'],
    ["null", "null"],
    ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["a location that is no text", '{"location":1}'],
    ["tags that are no texts", '{"tags":{"a":{}}}'],
    ["a list of tags", '{"tags":["a"]}'],
    ["a tier that is none", '{"sku":{"name":"S9"}}'],
    ["properties that are none", '{"properties":7}'],
    ["a policy without rights", '{"properties":{"authorizationPolicies":[{"keyName":"x"}]}}'],
    [
      "a right that is none",
      '{"properties":{"authorizationPolicies":[{"keyName":"x","rights":"All"}]}}',
    ],
    [
      "a key that is none",
      '{"properties":{"authorizationPolicies":[{"keyName":"x","rights":"ServiceConnect","primaryKey":"?"}]}}',
    ],
    ["a duration that is none", '{"properties":{"cloudToDevice":{"defaultTtlAsIso8601":"soon"}}}'],
    ["a duration out of range", '{"properties":{"cloudToDevice":{"defaultTtlAsIso8601":"P3D"}}}'],
    ["too many deliveries", '{"properties":{"cloudToDevice":{"maxDeliveryCount":101}}}'],
    [
      "events that are kept too long",
      '{"properties":{"eventHubEndpoints":{"events":{"retentionTimeInDays":8}}}}',
    ],
    [
      "a route to nowhere",
      '{"properties":{"routing":{"routes":[{"name":"r","source":"DeviceMessages","endpointNames":["x"],"isEnabled":true}]}}}',
    ],
    [
      "a route that does not compile",
      '{"properties":{"routing":{"routes":[{"name":"r","source":"DeviceMessages","condition":"a =","endpointNames":["events"],"isEnabled":true}]}}}',
    ],
    [
      "a masked key that was never there",
      '{"properties":{"routing":{"endpoints":{"eventHubs":[{"name":"e","connectionString":"Endpoint=sb://x/;SharedAccessKey=****"}]}}}}',
    ],
    [
      "a storage account that is none",
      '{"properties":{"storageEndpoints":{"$default":{"connectionString":"x","containerName":"c"}}}}',
    ],
    ["an address filter", '{"properties":{"ipFilterRules":[{"filterName":"f"}]}}'],
    ["a closed network", '{"properties":{"publicNetworkAccess":"Disabled"}}'],
    ["far too much to be given back", `{"properties":{"comments":"${"x".repeat(40_000)}"}}`],
  ])("a hub of %s: none is made, and one that is there stays as it is", async (_, text) => {
    const before = settingsOf("local");
    expect(await ask("PUT", `${HUBS}/local`, { text })).toMatchObject({ status: 400 });
    expect(settingsOf("local")).toBe(before);
    expect(await ask("PUT", `${HUBS}/fresh`, { text })).toMatchObject({ status: 400 });
    expect(settingsOf("fresh")).toBeUndefined();
  });

  test.each([
    ["a policy that is none", '{"properties":{"allocationPolicy":"Random"}}'],
    ["a hub without a connection string", '{"properties":{"iotHubs":[{"location":"x"}]}}'],
    ["a hub that cannot be read", '{"properties":{"iotHubs":[{"connectionString":"x"}]}}'],
    [
      "a key that is not the hub's",
      '{"properties":{"iotHubs":[{"connectionString":"HostName=localhost;SharedAccessKeyName=iothubowner;SharedAccessKey=a2V5"}]}}',
    ],
    [
      "a masked key that was never there",
      '{"properties":{"iotHubs":[{"connectionString":"HostName=far;SharedAccessKeyName=o;SharedAccessKey=****"}]}}',
    ],
    [
      "a weight out of range",
      '{"properties":{"iotHubs":[{"connectionString":"HostName=far;SharedAccessKeyName=o;SharedAccessKey=a2V5","allocationWeight":0}]}}',
    ],
    [
      "a right that is none",
      '{"properties":{"authorizationPolicies":[{"keyName":"x","rights":"ServiceConnect"}]}}',
    ],
  ])("a service with %s: nothing changes", async (_, text) => {
    const { provisioning } = server.server;
    const before = provisioning.find("local-dps")?.settings;
    expect(await ask("PUT", `${SERVICES}/local-dps`, { text })).toMatchObject({ status: 400 });
    expect(provisioning.find("local-dps")?.settings).toBe(before);
    expect(await ask("PUT", `${SERVICES}/fresh`, { text })).toMatchObject({ status: 400 });
    expect(provisioning.find("fresh")).toBeUndefined();
  });

  test("a body that is too large", async () => {
    const answer = await ask("PUT", `${HUBS}/local`, { text: " ".repeat(1_048_577) });
    expect(answer).toMatchObject({ status: 413 });
  });

  test("changes on the ground of an older version, in whatever way they come", async () => {
    const ifMatch = '"older"';
    const before = settingsOf("local");
    for (const [method, rest] of [
      ["PUT", "/local"],
      ["PATCH", "/local"],
      ["DELETE", "/local"],
      ["PUT", "/fresh"],
    ] as const) {
      const answer = await ask(method, `${HUBS}${rest}`, { body: {}, ifMatch });
      expect({ method, rest, ...answer }).toMatchObject({ method, rest, status: 412 });
    }
    expect(settingsOf("local")).toBe(before);
    expect(settingsOf("fresh")).toBeUndefined();
    expect((await ask("PUT", `${HUBS}/local`, { body: {}, ifMatch: "a, b" })).status).toBe(400);
  });

  test("other partitions than a hub has, and names that are taken or none", async () => {
    const partitions = { properties: { eventHubEndpoints: { events: { partitionCount: 7 } } } };
    expect((await ask("PUT", `${HUBS}/local`, { body: partitions })).status).toBe(400);
    const check = async (what: string, name: unknown) =>
      (
        await ask("POST", `/subscriptions/s/providers/Microsoft.Devices/${what}`, {
          body: { name },
        })
      ).json;
    const hub = "checkNameAvailability";
    expect(await check(hub, "LOCAL")).toMatchObject({ reason: "AlreadyExists" });
    expect(await check(hub, "a b")).toMatchObject({ reason: "Invalid" });
    expect(await check(hub, "free")).toEqual({ nameAvailable: true });
    expect(await check(hub, 1)).toMatchObject({ error: { code: "InvalidRequestContent" } });
    const service = "checkProvisioningServiceNameAvailability";
    expect(await check(service, "local-dps")).toMatchObject({ nameAvailable: false });
  });
});

test("of several who delete a hub at once, nobody is told that it failed", async () => {
  await ask("PUT", `${HUBS}/goes`, { body: {} });
  const answers = await Promise.all([1, 2, 3].map(() => ask("DELETE", `${HUBS}/goes`)));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 204, 204]);
  expect(settingsOf("goes")).toBeUndefined();
});

test("the token of administration opens no hub, and a hub's key no administration", async () => {
  const { admin, hubs } = server.connection;
  expect((await ask("GET", "/devices", { authorization: `Bearer ${admin.token}` })).status).toBe(
    401,
  );
  const key = /SharedAccessKey=(.+)$/.exec(hubs[0]!.connectionStrings["iothubowner"]!)![1]!;
  expect((await ask("GET", HUBS, { authorization: `Bearer ${key}` })).status).toBe(401);
});

describe("a hub that is put again as it was read", () => {
  test("stays as it is, with its keys, and what means nothing here comes back", async () => {
    const created = await ask("PUT", `${HUBS}/twice`, {
      body: {
        location: "here",
        tags: { a: "b" },
        properties: {
          comments: "mine",
          enableDataResidency: false,
          routing: {
            endpoints: {
              eventHubs: [
                { name: "far", connectionString: "Endpoint=sb://x/;SharedAccessKey=c2VjcmV0" },
              ],
            },
            fallbackRoute: { source: "DeviceMessages", endpointNames: ["events"], isEnabled: true },
          },
          storageEndpoints: {
            $default: {
              connectionString: "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0",
              containerName: "files",
            },
          },
        },
      },
    });
    expect(created).toMatchObject({
      status: 201,
      json: { properties: { comments: "mine", enableDataResidency: false } },
    });
    expect(JSON.stringify(created.json)).not.toContain("c2VjcmV0");
    const { etag: _, ...before } = settingsOf("twice")!;
    const read = await ask("GET", `${HUBS}/twice`);
    const put = await ask("PUT", `${HUBS}/twice`, {
      body: read.json,
      ifMatch: `"${String(read.json["etag"])}"`,
    });
    expect(put.status).toBe(200);
    const { etag: __, ...after } = settingsOf("twice")!;
    expect(after).toEqual(before);
    expect(JSON.stringify(after)).toContain("c2VjcmV0");
  });
});
