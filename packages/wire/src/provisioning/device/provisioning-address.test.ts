import { describe, expect, test } from "vitest";
import { parseAmqpRequest, parseProvisioningAddress } from "./provisioning-address.ts";

describe("the address of a device that provisions itself", () => {
  test.each([
    ["Node and C#", "0ne0001/registrations/dev-1"],
    ["Java", "/0ne0001/registrations/dev-1"],
    ["C", "amqps://dps.test/0ne0001/registrations/dev-1"],
    ["a client that says the port", "amqps://dps.test:5671/0ne0001/registrations/dev-1/"],
  ])("is read as %s writes it", (_, address) => {
    expect(parseProvisioningAddress(address)).toEqual({
      idScope: "0ne0001",
      registrationId: "dev-1",
    });
  });

  test.each(["", "devices/d/messages/events", "$cbs", "remote_endpoint", "a/registrations/b/c"])(
    "is not %j",
    (address) => {
      expect(parseProvisioningAddress(address)).toBeUndefined();
    },
  );
});

describe("a request over AMQP", () => {
  test.each([
    [{ "iotdps-operation-type": "iotdps-register", "iotdps-forceRegistration": false }, "register"],
    [
      {
        "iotdps-operation-type": "iotdps-get-operationstatus",
        "iotdps-operation-id": "5.0.0",
      },
      "operation",
    ],
    [{ "iotdps-operation-type": "iotdps-get-registration" }, "registration"],
    [{ "iotdps-operation-type": "iotdps-get-operationstatus" }, undefined],
    [{ "iotdps-operation-type": 7 }, undefined],
    [{}, undefined],
  ])("is told by its properties: %o", (properties, kind) => {
    expect(parseAmqpRequest(new Map(Object.entries(properties)))?.kind).toBe(kind);
  });
});
