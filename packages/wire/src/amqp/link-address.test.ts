import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseLinkAddress } from "./link-address.ts";

const targetOf = (address: string) => parseLinkAddress(address).target;

describe("a link address", () => {
  const partition = {
    kind: "partition",
    entity: "local",
    consumerGroup: "$Default",
    partitionId: "3",
  };

  test.each([
    "local/ConsumerGroups/$Default/Partitions/3",
    "/local/ConsumerGroups/$Default/Partitions/3",
    "local/consumergroups/$Default/PARTITIONS/3/",
    "amqps://hub.example/local/ConsumerGroups/$Default/Partitions/3",
    "amqps://hub.example:5671/local/ConsumerGroups/%24Default/Partitions/3",
    "sb://hub.example:5671//local/ConsumerGroups/$Default/Partitions/3",
    "amqps://policy:key@hub.example/local/ConsumerGroups/$Default/Partitions/3",
  ])("names a partition in the spelling %s", (address) => {
    expect(targetOf(address)).toEqual(partition);
  });

  test.each([
    ["$cbs", { kind: "cbs" }],
    ["/$CBS", { kind: "cbs" }],
    ["$management", { kind: "management", entity: undefined }],
    ["local/$management", { kind: "management", entity: "local" }],
    ["amqps://h:5671/local/$Management", { kind: "management", entity: "local" }],
    ["/messages/events/$management", { kind: "hubEvents", rest: ["$management"] }],
    [
      "amqps://h/messages/Events/ConsumerGroups/g/Partitions/0",
      { kind: "hubEvents", rest: ["ConsumerGroups", "g", "Partitions", "0"] },
    ],
    ["local", { kind: "entity", entity: "local" }],
    ["amqps://h/local/Partitions/0", { kind: "entity", entity: "local" }],
    ["amqps://h:5671/messages/deviceBound", { kind: "commands" }],
    ["/messages/serviceBound/feedback", { kind: "feedback" }],
    ["/messages/servicebound/fileuploadnotifications", { kind: "fileNotifications" }],
    [
      "/devices/d%3A1/messages/events",
      { kind: "identity", identity: { deviceId: "d:1" }, channel: "events" },
    ],
    [
      "amqps://h/devices/d/modules/m/messages/deviceBound",
      { kind: "identity", identity: { deviceId: "d", moduleId: "m" }, channel: "commands" },
    ],
    ["/devices/d/twin", { kind: "identity", identity: { deviceId: "d" }, channel: "twin" }],
    [
      "/devices/d/modules/m/methods/devicebound",
      { kind: "identity", identity: { deviceId: "d", moduleId: "m" }, channel: "methods" },
    ],
    // A hub may be called like a word of another address.
    [
      "devices/ConsumerGroups/g/Partitions/0",
      { kind: "partition", entity: "devices", consumerGroup: "g", partitionId: "0" },
    ],
    ["", { kind: "unknown" }],
    ["///", { kind: "unknown" }],
    ["/devices/d/constructor", { kind: "unknown" }],
    ["/devices//twin", { kind: "unknown" }],
    ["a/b/c/d/e/f", { kind: "unknown" }],
  ])("%s asks for the right thing", (address, target) => {
    expect(targetOf(address)).toEqual(target);
  });

  test("decodes an id once and leaves alone what is no escape", () => {
    expect(parseLinkAddress("/devices/a%2520b/twin").path[1]).toBe("a%20b");
    expect(parseLinkAddress("/devices/100%/twin").path[1]).toBe("100%");
  });

  test("is read whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), (address) => {
        expect(parseLinkAddress(address).target.kind).toEqual(expect.any(String));
      }),
    );
  });
});
