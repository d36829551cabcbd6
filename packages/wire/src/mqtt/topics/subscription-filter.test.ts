import { expect, test } from "vitest";
import { readSubscriptionFilter } from "./subscription-filter.ts";

const device = { deviceId: "d" };
const module = { deviceId: "d", moduleId: "m" };

test.each([
  ["$iothub/twin/res/#", "twinResponses"],
  ["$iothub/twin/PATCH/properties/desired/#", "desiredPatches"],
  ["$iothub/methods/POST/#", "methods"],
  ["$iothub/methods/POST/reboot/#", "methods"],
  ["devices/d/messages/devicebound/#", "commands"],
  ["devices/+/messages/devicebound/#", "commands"],
  ["devices/d/modules/m/messages/devicebound/#", undefined],
  ["devices/d/modules/m/#", undefined],
])("a device that subscribes to %s gets %s", (filter, target) => {
  expect(readSubscriptionFilter(filter, device)).toBe(target);
});

test.each([
  ["$iothub/twin/res/#", "twinResponses"],
  ["devices/d/modules/m/messages/devicebound/#", "commands"],
  ["devices/d/modules/m/inputs/#", "inputs"],
  ["devices/d/modules/m/#", "inputsAndCommands"],
  ["devices/+/modules/+/inputs/#", "inputs"],
  ["devices/d/messages/devicebound/#", undefined],
])("a module that subscribes to %s gets %s", (filter, target) => {
  expect(readSubscriptionFilter(filter, module)).toBe(target);
});

test.each([
  "devices/other/messages/devicebound/#",
  "devices/d/messages/devicebound/",
  "devices/#",
  "#",
  "+/d/messages/devicebound/#",
  "$iothub/twin/res/200/#",
  "",
])("nothing is ever sent to a device that subscribes to %j", (filter) => {
  expect(readSubscriptionFilter(filter, device)).toBeUndefined();
});

test("an id with the characters of wildcards is text first", () => {
  const identity = { deviceId: "a#b+c" };
  const filter = "devices/a#b+c/messages/devicebound/#";
  expect(readSubscriptionFilter(filter, identity)).toBe("commands");
  expect(readSubscriptionFilter(filter, device)).toBeUndefined();
});
