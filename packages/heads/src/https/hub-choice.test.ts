import { createHubDirectory } from "@larimar/domain";
import { createTestHub, testSettings } from "@larimar/domain/fixtures";
import { describe, expect, test } from "vitest";
import { chooseHub } from "./hub-choice.ts";
import { startTestHead } from "./test-head.fixture.ts";

const hubNamed = (name: string) =>
  createTestHub({}, testSettings({ name, hostNames: [`${name}.example.com`, name] }));

const [first, second] = [hubNamed("first"), hubNamed("second")];
const directory = (isStrict: boolean) => createHubDirectory([first.hub, second.hub], { isStrict });

describe("the hub of a request", () => {
  test.each([
    ["second.example.com", "first.example.com", "second"],
    ["SECOND.example.com.", undefined, "second"],
    ["unknown.example.com", "second.example.com", "second"],
    [undefined, "second.example.com:443", "second"],
    [undefined, "second", "second"],
    [undefined, "unknown.example.com", "first"],
    ["unknown.example.com", undefined, "first"],
    [undefined, undefined, "first"],
  ])("with TLS name %s and host %s is %s", (serverName, host, name) => {
    expect(chooseHub(directory(false), { serverName, host }).settings.name).toBe(name);
  });

  test("is none when the directory is strict and the host unknown", () => {
    const request = { serverName: "unknown.example.com", host: "neither.example.com" };
    expect(() => chooseHub(directory(true), request)).toThrow(
      expect.objectContaining({ code: "HubNotFound" }) as Error,
    );
  });

  test("is the one whose token opens it, and no other", async () => {
    await using head = await startTestHead({ testHub: second, hubs: directory(false) });
    const send = (host: string) =>
      head.send("GET", "/devices", { policy: "registryRead", headers: { host } });
    expect((await send("second.example.com")).status).toBe(200);
    expect((await send("first.example.com")).status).toBe(401);
  });

  test("is named by an absolute target rather than by its Host header", async () => {
    await using head = await startTestHead({ testHub: hubNamed("third") });
    await using other = await startTestHead({
      testHub: second,
      hubs: createHubDirectory([head.hub, second.hub], { isStrict: false }),
    });
    const response = await other.send("GET", "https://second/devices", {
      policy: "registryRead",
      headers: { host: "third" },
    });
    expect(response.status).toBe(200);
  });

  test("that is unknown to a strict directory is answered with 404", async () => {
    await using head = await startTestHead({ testHub: second, hubs: directory(true) });
    const response = await head.send("GET", "/devices", { headers: { host: "unknown" } });
    expect(response).toMatchObject({
      status: 404,
      headers: { "iothub-errorcode": "IotHubNotFound" },
    });
  });
});
