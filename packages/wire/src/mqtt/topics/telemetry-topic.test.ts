import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTelemetryTopic } from "./telemetry-topic.ts";

test.each([
  ["devices/d/messages/events", ""],
  ["devices/d/messages/events/", ""],
  ["devices/d/messages/events/a=1&b=2", "a=1&b=2"],
  ["devices/d/messages/events/a=1/", "a=1/"],
  ["devices/d/messages/events/?a=1", "?a=1"],
  ["devices/d/messages/events/a=x/y/z", "a=x/y/z"],
  ["devices/d/messages/events/a=line\nbreak", "a=line\nbreak"],
  ["Devices/d/Messages/EVENTS/a=1", "a=1"],
])("%j is the telemetry topic of device d", (topic, bag) => {
  expect(parseTelemetryTopic(topic)).toEqual({ deviceId: "d", moduleId: undefined, bag });
});

test("a module has a telemetry topic of its own", () => {
  expect(parseTelemetryTopic("devices/d/modules/m/messages/events/a=1/")).toEqual({
    deviceId: "d",
    moduleId: "m",
    bag: "a=1/",
  });
});

test("ids stand in topics as they are", () => {
  const deviceId = "a+b#c?d$%41";
  expect(parseTelemetryTopic(`devices/${deviceId}/messages/events`)).toMatchObject({ deviceId });
});

test.each([
  "",
  "devices",
  "devices//messages/events",
  "devices/d/messages",
  "devices/d/messages/eventsource",
  "devices/d/messages/devicebound",
  "devices/d/modules/messages/events",
  "devices/d/modules/m/n/messages/events",
  "/devices/d/messages/events",
  "$iothub/twin/GET/?$rid=1",
  "some/other/topic",
])("%j is no telemetry topic", (topic) => {
  expect(parseTelemetryTopic(topic)).toBeUndefined();
});

test("a long topic that almost fits is refused without delay", () => {
  fc.assert(
    fc.property(fc.constantFrom("/", "modules/", "devices/", "messages/events"), (part) => {
      expect(parseTelemetryTopic(`devices/d/${part.repeat(8000)}x`)).toBeUndefined();
    }),
  );
});
