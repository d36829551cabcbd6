import { describe, expect, test } from "vitest";
import { createTestHub, testSettings } from "../fixtures/index.fixture.ts";
import { createHubDirectory, normalizeHostName } from "./hub-directory.ts";

const hubNamed = (name: string, hostNames: string[]) =>
  createTestHub({}, testSettings({ name, hostNames })).hub;

describe("the hub directory", () => {
  const hubs = [hubNamed("local", ["localhost"]), hubNamed("second", ["second.localhost"])];

  test.each([
    ["localhost", "local"],
    ["SECOND.localhost:5671", "second"],
    ["second.localhost.", "second"],
    ["elsewhere", "local"],
    [undefined, "local"],
  ])("finds for %s the hub %s", (hostName, expected) => {
    const directory = createHubDirectory(hubs, { isStrict: false });
    expect(directory.resolve(hostName)?.settings.name).toBe(expected);
  });

  test("knows no default when it is strict", () => {
    const directory = createHubDirectory(hubs, { isStrict: true });
    expect(directory.resolve("elsewhere")).toBeUndefined();
    expect(directory.resolve(undefined)).toBeUndefined();
    expect(directory.resolve("localhost")?.settings.name).toBe("local");
  });

  test("finds a hub by its own name without case", () => {
    const directory = createHubDirectory(hubs, { isStrict: true });
    expect(directory.find("Second")?.settings.name).toBe("second");
    expect(directory.find("third")).toBeUndefined();
  });
});

describe("a directory whose hubs come and go", () => {
  test("finds a hub as soon as it is there, and no more once it is gone", () => {
    const [first, second] = [hubNamed("local", ["localhost"]), hubNamed("second", ["two"])];
    const directory = createHubDirectory([first], { isStrict: false });
    expect(directory.resolve("two")).toBe(first);
    directory.add(second);
    expect(directory.resolve("two")).toBe(second);
    directory.remove(first);
    expect(directory.find("local")).toBeUndefined();
    expect(directory.resolve("localhost")).toBe(second);
    directory.remove(second);
    expect(directory.resolve("two")).toBeUndefined();
  });

  test("knows names that a hub gets later", async () => {
    const hub = hubNamed("local", ["localhost"]);
    const directory = createHubDirectory([hub], { isStrict: true });
    await hub.configuration.change({ hostNames: ["hub.example"] });
    expect(directory.resolve("hub.example")).toBe(hub);
    expect(directory.resolve("localhost")).toBeUndefined();
  });

  test("takes no second hub of the same name", () => {
    const directory = createHubDirectory([hubNamed("local", [])], { isStrict: false });
    expect(() => directory.add(hubNamed("LOCAL", []))).toThrow("already");
    expect(directory.list()).toHaveLength(1);
  });
});

test("a host name loses its port and brackets", () => {
  expect(normalizeHostName("[::1]:443")).toBe("::1");
  expect(normalizeHostName("::1")).toBe("::1");
  expect(normalizeHostName("H.x:443")).toBe("h.x");
});
