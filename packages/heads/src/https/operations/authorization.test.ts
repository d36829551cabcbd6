import { describe, expect, test } from "vitest";
import { type TestRequest, type TestResponse, startTestHead } from "../test-head.fixture.ts";

const POLICIES = ["iothubowner", "service", "device", "registryRead", "registryReadWrite"];
const READERS = ["iothubowner", "registryRead", "registryReadWrite"];
const WRITERS = ["iothubowner", "registryReadWrite"];

interface Operation {
  readonly method: string;
  readonly target: string;
  readonly request?: TestRequest;
  readonly policies: readonly string[];
  readonly status: number;
}

const OPERATIONS: readonly Operation[] = [
  { method: "GET", target: "/devices", policies: READERS, status: 200 },
  { method: "GET", target: "/devices/d1", policies: READERS, status: 200 },
  { method: "PUT", target: "/devices/d2", request: { body: {} }, policies: WRITERS, status: 200 },
  { method: "DELETE", target: "/devices/d1", policies: WRITERS, status: 204 },
  { method: "GET", target: "/statistics/devices", policies: READERS, status: 200 },
  { method: "GET", target: "/statistics/service", policies: READERS, status: 200 },
  {
    method: "POST",
    target: "/devices/d1/messages/events",
    request: { body: "hello" },
    policies: ["iothubowner", "device"],
    status: 204,
  },
];

const GRID = OPERATIONS.flatMap((operation) =>
  POLICIES.map((policy) => ({
    ...operation,
    policy,
    outcome: operation.policies.includes(policy) ? operation.status : 401,
  })),
);

function expectUnauthorized(response: TestResponse): void {
  expect(response).toMatchObject({
    status: 401,
    headers: { "iothub-errorcode": "IotHubUnauthorizedAccess" },
    json: { Message: "ErrorCode:IotHubUnauthorizedAccess;Unauthorized" },
  });
}

describe("policies and rights", () => {
  test.each(GRID)(
    "$method $target with policy $policy is answered with $outcome",
    async ({ method, target, request, policy, outcome }) => {
      await using head = await startTestHead();
      await head.createDevice("d1");
      const response = await head.send(method, target, { ...request, policy });
      if (outcome === 401) expectUnauthorized(response);
      else expect(response.status).toBe(outcome);
    },
  );

  test.each(OPERATIONS)("$method $target without a token is refused", async (operation) => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    expectUnauthorized(await head.send(operation.method, operation.target, operation.request));
  });

  test("a refused write leaves everything as it was", async () => {
    await using head = await startTestHead();
    const { etag } = await head.createDevice("d1");
    await head.send("DELETE", "/devices/d1", { policy: "registryRead" });
    await head.send("PUT", "/devices/d1", {
      policy: "registryRead",
      headers: { "if-match": "*" },
      body: { status: "disabled" },
    });
    const { device } = await head.hub.devices.get("d1");
    expect(device).toMatchObject({ etag, status: "enabled" });
  });

  test("strangers get the same answer for devices that exist and for those that do not", async () => {
    await using head = await startTestHead();
    await head.createDevice("here");
    for (const method of ["GET", "PUT", "DELETE"]) {
      for (const deviceId of ["here", "gone", "not an id"]) {
        const target = `/devices/${encodeURIComponent(deviceId)}`;
        expectUnauthorized(await head.send(method, target, { body: method === "PUT" ? "{" : "" }));
      }
    }
  });
});

describe("tokens", () => {
  test.each([
    ["of the whole hub", "localhost", 200],
    ["of the hub with a scheme and a port", "https://LOCALHOST:443", 200],
    ["of all devices", "localhost/devices", 200],
    ["of this very device", "localhost/devices/d1", 200],
    ["of another device", "localhost/devices/d2", 401],
    ["of a device whose id begins alike", "localhost/devices/d", 401],
    ["of something deeper", "localhost/devices/d1/modules/m1", 401],
    ["of something else", "localhost/messages/events", 401],
  ])("%s", async (_, resource, status) => {
    await using head = await startTestHead();
    await head.createDevice("d1");
    const token = head.policyToken("registryRead", resource);
    expect((await head.send("GET", "/devices/d1", { token })).status).toBe(status);
  });

  test("expire, five minutes of skew later", async () => {
    await using head = await startTestHead();
    const token = head.policyToken("registryRead", "localhost", 60_000);
    await head.clock.advance(6 * 60_000 - 1);
    expect((await head.send("GET", "/devices", { token })).status).toBe(200);
    await head.clock.advance(1);
    expectUnauthorized(await head.send("GET", "/devices", { token }));
  });

  test("need not be of the primary key", async () => {
    await using head = await startTestHead();
    const policy = head.hub.settings.policies.find(({ name }) => name === "registryRead");
    const token = head.sign(policy?.secondaryKey ?? "", "localhost", {
      policyName: "registryRead",
    });
    expect((await head.send("GET", "/devices", { token })).status).toBe(200);
  });

  test.each([
    ["signed with another key", (good: string) => good.replace(/sig=[^&]+/, "sig=AAAA")],
    ["of another policy", (good: string) => good.replace("registryRead", "iothubowner")],
    ["of an unknown policy", (good: string) => good.replace("registryRead", "nobody")],
    ["of no policy", (good: string) => good.replace("&skn=registryRead", "")],
    ["with a later expiry", (good: string) => good.replace(/se=\d+/, "se=9999999999")],
    ["cut short", (good: string) => good.slice(0, 40)],
    ["of another scheme", () => "Bearer eyJhbGciOiJub25lIn0.e30."],
    ["that are basic credentials", () => "Basic aW90aHVib3duZXI6a2V5"],
    ["that are blank", () => " "],
  ])("%s are refused", async (_, change) => {
    await using head = await startTestHead();
    const token = change(head.policyToken("registryRead"));
    expectUnauthorized(await head.send("GET", "/devices", { token }));
  });

  test("never reach the log, however they fail", async () => {
    await using head = await startTestHead();
    const token = head.policyToken("service");
    await head.send("GET", "/devices", { token });
    const signature = /sig=([^&]+)/.exec(token)?.[1] ?? "";
    expect(head.logged).not.toEqual([]);
    expect(JSON.stringify(head.logged)).not.toContain(signature);
  });
});

describe("a device", () => {
  const events = "/devices/d1/messages/events";

  test("sends with its own token", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    expect((await head.send("POST", events, { token, body: "x" })).status).toBe(204);
  });

  test("does not send as another device", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    await head.createDevice("d2");
    expectUnauthorized(
      await head.send("POST", "/devices/d2/messages/events", { token, body: "x" }),
    );
    expect(await head.events()).toEqual([]);
  });

  test("does not reach the registry with its own token", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    expectUnauthorized(await head.send("GET", "/devices/d1", { token }));
  });

  test("that is disabled is told so once it has proved itself, and sends nothing", async () => {
    await using head = await startTestHead();
    const { token } = await head.createDevice("d1");
    await head.hub.devices.update({ deviceId: "d1", status: "disabled" }, "any");
    expect(await head.send("POST", events, { token, body: "x" })).toMatchObject({
      status: 401,
      headers: { "iothub-errorcode": "IotHubUnauthorized" },
    });
    expectUnauthorized(await head.send("POST", events, { body: "x" }));
    expect(await head.events()).toEqual([]);
  });

  test("that is unknown looks like one with a wrong key", async () => {
    await using head = await startTestHead();
    const { token, key } = await head.createDevice("d1");
    await head.createDevice("d2");
    const unknown = head.sign(key, "localhost/devices/d3");
    expectUnauthorized(
      await head.send("POST", "/devices/d3/messages/events", { token: unknown, body: "x" }),
    );
    expectUnauthorized(
      await head.send("POST", "/devices/d2/messages/events", { token, body: "x" }),
    );
  });

  test("that is unknown is told so to the holder of a policy for devices", async () => {
    await using head = await startTestHead();
    const response = await head.send("POST", events, { policy: "device", body: "x" });
    expect(response).toMatchObject({
      status: 404,
      headers: { "iothub-errorcode": "DeviceNotFound" },
    });
  });

  test("with a certificate needs no token, and its thumbprint decides", async () => {
    const certificate = {
      sha1Thumbprint: "AB".repeat(20),
      sha256Thumbprint: "CD".repeat(32),
      subjectCommonName: "d1",
      notBeforeMs: 0,
      notAfterMs: Date.UTC(2040, 0, 1),
      chainDer: [],
    };
    await using head = await startTestHead({ context: { certificate } });
    const selfSigned = (primaryThumbprint: string) =>
      ({ type: "selfSigned", primaryThumbprint }) as const;
    await head.hub.devices.create({
      deviceId: "d1",
      authentication: selfSigned(certificate.sha256Thumbprint),
    });
    await head.hub.devices.create({ deviceId: "d2", authentication: selfSigned("EF".repeat(32)) });
    const headers = { authorization: "" };
    expect((await head.send("POST", events, { headers, body: "x" })).status).toBe(204);
    expectUnauthorized(await head.send("POST", "/devices/d2/messages/events", { body: "x" }));
  });
});
