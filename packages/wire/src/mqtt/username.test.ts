import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseMqttUsername } from "./username.ts";

describe("a user name", () => {
  test.each([
    [
      "Node",
      "h/d/?api-version=2021-04-12&model-id=dtmi:com:x;1&DeviceClientType=node%2F1.18%20(x)",
      { apiVersion: "2021-04-12", modelId: "dtmi:com:x;1", productInfo: "node/1.18 (x)" },
    ],
    [
      "Python",
      "h/d/?api-version=2019-10-01&DeviceClientType=py%2F2%20%2B&model-id=dtmi%3Acom%3Ax%3B1",
      { apiVersion: "2019-10-01", modelId: "dtmi:com:x;1", productInfo: "py/2 +" },
    ],
    [
      "C#, nested",
      "h/d/?api-version=2020-09-30&DeviceClientType=.NET%2F1&auth-chain=leaf%3Bparent",
      { apiVersion: "2020-09-30", productInfo: ".NET/1", authChain: "leaf;parent" },
    ],
    ["old tools", "h/d/api-version=2016-11-14", { apiVersion: "2016-11-14" }],
    ["the shortest", "h/d", {}],
    ["a slash at the end", "h/d/", {}],
    ["a question mark at the end", "h/d/?", {}],
    ["unknown and valueless keys", "h/d/?api-version=1&x=y&flag&=z", { apiVersion: "1" }],
    ["a repeated key", "h/d/?api-version=1&api-version=2", { apiVersion: "1" }],
    ["an equals sign in a value", "h/d/?DeviceClientType=a=b", { productInfo: "a=b" }],
    [
      "slashes in a value",
      "h/d/?api-version=1&DeviceClientType=a/b/c",
      { apiVersion: "1", productInfo: "a/b/c" },
    ],
    ["blanks around the ids", "h/ d /?api-version=1", { apiVersion: "1" }],
    ["an escape that is none", "h/d/?DeviceClientType=100%", { productInfo: "100%" }],
  ])("of a device is read: %s", (_, text, parts) => {
    expect(parseMqttUsername(text)).toEqual({
      hostName: "h",
      deviceId: "d",
      moduleId: undefined,
      apiVersion: undefined,
      modelId: undefined,
      productInfo: undefined,
      authChain: undefined,
      ...parts,
    });
  });

  test.each([
    ["with parameters", "h/d/m/?api-version=2021-04-12", "m"],
    ["without", "h/d/m", "m"],
    ["in the old form of six segments", "h/d/m/api-version=1/DeviceClientType=x/y", "m"],
    ["whose id begins with a question mark", "h/d/?m/?api-version=1", "?m"],
  ])("of a module is read: %s", (_, text, moduleId) => {
    expect(parseMqttUsername(text)).toMatchObject({ deviceId: "d", moduleId });
  });

  test("keeps an id that looks like parameters or like an escape", () => {
    expect(parseMqttUsername("h/?x%41;+#")).toMatchObject({ deviceId: "?x%41;+#" });
  });

  test.each(["", "h", "h/", "h//?api-version=1", "h/ /?api-version=1", "h/d/m/n/?api-version=1"])(
    "is refused when it reads %j",
    (text) => {
      expect(parseMqttUsername(text)).toBeUndefined();
    },
  );

  test("never throws, whatever it reads", () => {
    const part = fc.constantFrom("/", "?", "&", "=", "api-version=", "%", "%4", "d", "model-id=");
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
        parseMqttUsername(parts.join(""));
      }),
    );
  });
});
