import { openTestSession } from "@larimar/domain/fixtures";
import { describe, expect, test } from "vitest";
import { type TestHead, startTestHead } from "../../test-head.fixture.ts";

const policy = "service";
const twin = "/digitaltwins/d1";

async function start() {
  const head = await startTestHead();
  await head.createDevice("d1");
  await head.hub.twins.announceModel({ deviceId: "d1" }, "dtmi:com:example:Controller;1");
  return head;
}

const patch = (head: TestHead, body: object | string, headers = {}) =>
  head.send("PATCH", twin, { policy, body, headers });

const refused = (status: number, name: string) => ({
  status,
  headers: { "iothub-errorcode": name },
  json: { Message: expect.stringMatching(/^\{"errorCode":\d+,/) as string },
});

/** A device that is connected, and what it is asked. */
function connect(head: TestHead, payload: string | null | object = { ok: true }) {
  const asked: { name: string; payload: unknown }[] = [];
  openTestSession(head.hub, { deviceId: "d1" }).methods = {
    invoke: (request) => {
      asked.push({ name: request.name, payload: request.payload });
      const response = { status: 418, payload: payload as never };
      return { response: Promise.resolve(response), abandon: () => {} };
    },
  };
  return asked;
}

describe("a digital twin over HTTPS", () => {
  test("is read with its model and an ETag, and changed by a patch", async () => {
    await using head = await start();
    const operations = [{ op: "add", path: "/target", value: 21 }];
    const patched = await patch(head, operations, { host: "hub.example" });
    expect(patched).toMatchObject({ status: 202, text: "" });
    expect(patched.headers).toMatchObject({
      location: "https://hub.example/digitaltwins/d1",
      "content-length": "0",
    });
    const read = await head.send("GET", twin, { policy });
    expect(read).toMatchObject({
      status: 200,
      json: {
        $dtId: "d1",
        $metadata: {
          $model: "dtmi:com:example:Controller;1",
          target: { desiredValue: 21, desiredVersion: 2 },
        },
      },
    });
    expect(read.headers["etag"]).toBe(patched.headers["etag"]);
    expect(read.headers["etag"]).toMatch(/^".+"$/);
  });

  test("is changed under a condition, in every spelling clients have", async () => {
    await using head = await start();
    const operations = [{ op: "replace", path: "/target", value: 21 }];
    const { etag = "" } = (await patch(head, operations, { "if-match": "*" })).headers;
    expect((await patch(head, operations, { "if-match": etag })).status).toBe(202);
    expect(await patch(head, operations, { "if-match": etag })).toMatchObject(
      refused(412, "PreconditionFailed"),
    );
  });

  test.each([
    ["that is no list", {}, "ArgumentInvalid"],
    ["that is no JSON", "[", "DeserializationError"],
    ["without a path", [{ op: "add", value: 1 }], "ArgumentInvalid"],
    [
      "with a step of its own",
      [{ op: "test", path: "/a", value: 1 }],
      "InvalidDigitalTwinJsonPatch",
    ],
    ["without a value", [{ op: "add", path: "/a" }], "InvalidDigitalTwinJsonPatch"],
    ["of metadata", [{ op: "add", path: "/$metadata", value: {} }], "InvalidDigitalTwinPatchPath"],
    ["of what no twin may hold", [{ op: "add", path: "/a b", value: 1 }], "ArgumentInvalid"],
  ])("is not changed by a patch %s", async (_, body, name) => {
    await using head = await start();
    const before = await head.hub.twins.get({ deviceId: "d1" });
    expect(await patch(head, body)).toMatchObject(refused(400, name));
    expect(await head.hub.twins.get({ deviceId: "d1" })).toEqual(before);
  });

  test("needs the right to it, and a device", async () => {
    await using head = await start();
    const { token } = await head.createDevice("d2");
    const routes = [
      ["GET", ""],
      ["PATCH", ""],
      ["POST", "/commands/reboot"],
      ["POST", "/components/thermostat1/commands/reboot"],
    ] as const;
    for (const [method, rest] of routes) {
      const body = method === "PATCH" ? "[]" : "null";
      for (const proof of [{ policy: "registryReadWrite" }, { policy: "device" }, { token }]) {
        const request = { ...proof, body: method === "GET" ? "" : body };
        expect(await head.send(method, twin + rest, request)).toMatchObject(
          refused(401, "IotHubUnauthorizedAccess"),
        );
      }
      const missing = { policy, body: method === "GET" ? "" : body };
      expect(await head.send(method, `/digitaltwins/nobody${rest}`, missing)).toMatchObject(
        refused(404, "DeviceNotFound"),
      );
    }
  });
});

describe("a command over HTTPS", () => {
  test("brings back what the device says: its status in a header, its payload as the body", async () => {
    await using head = await start();
    const asked = connect(head);
    const path = `${twin}/commands/reboot`;
    const answer = await head.send("POST", path, { policy, body: { delay: 1 } });
    expect(answer).toMatchObject({
      status: 200,
      headers: { "x-ms-command-statuscode": "418" },
      json: { ok: true },
    });
    expect(answer.headers["x-ms-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(asked).toEqual([{ name: "reboot", payload: { delay: 1 } }]);
  });

  test("reaches a component, with any payload or none", async () => {
    await using head = await start();
    const asked = connect(head, null);
    const path = `${twin}/components/thermostat1/commands/getReport`;
    for (const body of ["", "null", '"since"', "0"]) {
      expect(await head.send("POST", path, { policy, body })).toMatchObject({
        status: 200,
        // One client reads JSON whatever there is.
        text: "null",
      });
    }
    const name = "thermostat1*getReport";
    expect(asked.map((call) => call.name)).toEqual([name, name, name, name]);
    expect(asked.map((call) => call.payload)).toEqual([undefined, null, "since", 0]);
  });

  test("is refused when nobody is there to hear it, or what it says is none", async () => {
    await using head = await start();
    const path = `${twin}/commands/reboot`;
    expect(await head.send("POST", path, { policy, body: "1" })).toMatchObject(
      refused(404, "DeviceNotOnline"),
    );
    const asked = connect(head);
    expect(await head.send("POST", path, { policy, body: "{" })).toMatchObject(
      refused(400, "DeserializationError"),
    );
    for (const query of ["responseTimeoutInSeconds=4", "connectTimeoutInSeconds=many"]) {
      const target = `${path}?api-version=2021-04-12&${query}`;
      expect(await head.send("POST", target, { policy, body: "1" })).toMatchObject(
        refused(400, "ArgumentInvalid"),
      );
    }
    expect(asked).toEqual([]);
  });
});
