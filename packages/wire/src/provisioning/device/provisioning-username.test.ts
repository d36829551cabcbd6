import { describe, expect, test } from "vitest";
import { parseProvisioningUsername } from "./provisioning-username.ts";
import { formatRegistrationName, parseRegistrationName } from "./registration-name.ts";

describe("the user name of a device that provisions itself", () => {
  test.each([
    [
      "Node",
      "0ne0001/registrations/dev-1/api-version=2019-03-31&ClientVersion=azure-iot-provisioning-device%2F1.9.2",
      "2019-03-31",
      "azure-iot-provisioning-device/1.9.2",
    ],
    [
      "C",
      "0ne0001/registrations/dev-1/api-version=2021-06-01&ClientVersion=1.15.0",
      "2021-06-01",
      "1.15.0",
    ],
    [
      "Java, which says it twice",
      "0ne0001/registrations/dev-1/api-version=2019-03-31&ClientVersion=2019-03-31",
      "2019-03-31",
      "2019-03-31",
    ],
    [
      "an agent with slashes and a parameter of its own",
      "0ne0001/registrations/dev-1/api-version=2019-03-31&ClientVersion=a/b (c)&x=y",
      "2019-03-31",
      "a/b (c)",
    ],
    ["a client without parameters", "0ne0001/registrations/dev-1", undefined, undefined],
  ])("is read as %s writes it", (_, text, apiVersion, clientVersion) => {
    expect(parseProvisioningUsername(text)).toEqual({
      idScope: "0ne0001",
      registrationId: "dev-1",
      apiVersion,
      clientVersion,
    });
  });

  test.each([
    "",
    "hub.test/dev-1/?api-version=2021-04-12",
    "hub.test/dev-1/registrations",
    "0ne0001/registrations",
    "0ne0001/registrations/",
    "/registrations/dev-1",
  ])("is not %j", (text) => {
    expect(parseProvisioningUsername(text)).toBeUndefined();
  });
});

describe("the name of a registration", () => {
  test("is read as it is written", () => {
    const name = { idScope: "0ne0001", registrationId: "dev:1" };
    expect(parseRegistrationName(formatRegistrationName(name))).toEqual(name);
  });

  test("has exactly three parts", () => {
    expect(parseRegistrationName("0ne0001/registrations/dev-1/more")).toBeUndefined();
    expect(parseRegistrationName("0ne0001/devices/dev-1")).toBeUndefined();
  });
});
