import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatProvisioningResponseTopic,
  isProvisioningFilter,
  parseProvisioningTopic,
} from "./provisioning-topics.ts";

describe("a topic of a device that provisions itself", () => {
  test("asks for a registration", () => {
    const topic = "$dps/registrations/PUT/iotdps-register/?$rid=1f0c-7";
    expect(parseProvisioningTopic(topic)).toEqual({ kind: "register", rid: "1f0c-7" });
  });

  test.each(["5.316aac5bdc130deb.b1e0-2d", "5%2e316aac5bdc130deb%2Eb1e0%2D2d"])(
    "asks about an operation by its id, encoded or not: %s",
    (written) => {
      const topic = `$dps/registrations/GET/iotdps-get-operationstatus/?$rid=2&operationId=${written}`;
      expect(parseProvisioningTopic(topic)).toEqual({
        kind: "operation",
        rid: "2",
        operationId: "5.316aac5bdc130deb.b1e0-2d",
      });
    },
  );

  test.each([
    "$dps/registrations/PUT/iotdps-register/",
    "$dps/registrations/PUT/iotdps-register/?rid=1",
    "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=1",
    "$dps/registrations/DELETE/iotdps-register/?$rid=1",
    "devices/d/messages/events/?$rid=1",
  ])("is not %s", (topic) => {
    expect(parseProvisioningTopic(topic)).toBeUndefined();
  });

  test("has its answer under the same request id, with a whole number of seconds", () => {
    expect(formatProvisioningResponseTopic({ status: 202, rid: "9", retryAfterS: 2.5 })).toBe(
      "$dps/registrations/res/202/?$rid=9&retry-after=3",
    );
    expect(formatProvisioningResponseTopic({ status: 200, rid: "9", retryAfterS: undefined })).toBe(
      "$dps/registrations/res/200/?$rid=9",
    );
  });

  test("echoes the request id as it came, whatever it is", () => {
    const rid = fc.stringMatching(/^[^&#+$/?]{1,40}$/);
    fc.assert(
      fc.property(rid, (id) => {
        const asked = parseProvisioningTopic(`$dps/registrations/PUT/iotdps-register/?$rid=${id}`);
        expect(asked?.rid).toBe(id);
      }),
    );
  });
});

describe("a filter for answers", () => {
  test.each([
    ["$dps/registrations/res/#", true],
    ["$dps/registrations/res/200/#", true],
    ["$iothub/twin/res/#", false],
    ["#", false],
  ])("%s: %s", (filter, expected) => {
    expect(isProvisioningFilter(filter)).toBe(expected);
  });
});
