import type { PublishView } from "@larimar/wire";
import { createPublishView } from "@larimar/wire";
import { describe, expect, test } from "vitest";
import { TelemetryTopics } from "./telemetry-topics.ts";

const identity = { deviceId: "d1" };

/** A topic somewhere in the bytes of a read. */
function received(topic: string, flags: Partial<PublishView> = {}): [PublishView, Uint8Array] {
  const topicBytes = Buffer.from(topic);
  const bytes = Buffer.concat([Buffer.from("before"), topicBytes, Buffer.from("after")]);
  const view = { ...createPublishView(), topicStart: 6, topicEnd: 6 + topicBytes.length };
  return [{ ...view, ...flags }, bytes];
}

describe("the topics of a client", () => {
  test("yield the same object while they stay the same", () => {
    const topics = new TelemetryTopics(identity);
    const topic = "devices/d1/messages/events/a=1";
    const first = topics.propertiesOf(...received(topic));
    expect(topics.propertiesOf(...received(topic))).toBe(first);
  });

  test("are remembered when a few alternate", () => {
    const topics = new TelemetryTopics(identity);
    const all = [1, 2, 3, 4].map((value) => `devices/d1/messages/events/a=${value}`);
    const first = all.map((topic) => topics.propertiesOf(...received(topic)));
    for (const [index, topic] of all.entries()) {
      expect(topics.propertiesOf(...received(topic))).toBe(first[index]);
    }
  });

  test("are forgotten when there are many: memory is bounded", () => {
    const topics = new TelemetryTopics(identity);
    const topic = "devices/d1/messages/events/a=0";
    const first = topics.propertiesOf(...received(topic));
    for (let i = 1; i <= 4; i++) {
      topics.propertiesOf(...received(`devices/d1/messages/events/a=${i}`));
    }
    const again = topics.propertiesOf(...received(topic));
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  test("are not remembered when they are long: memory is bounded", () => {
    const topics = new TelemetryTopics(identity);
    const topic = `devices/d1/messages/events/a=${"x".repeat(600)}`;
    const first = topics.propertiesOf(...received(topic));
    const again = topics.propertiesOf(...received(topic));
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  test("do not depend on bytes that are overwritten after the read", () => {
    const topics = new TelemetryTopics(identity);
    const [view, bytes] = received("devices/d1/messages/events/a=1");
    const first = topics.propertiesOf(view, bytes);
    bytes.fill(0x78);
    expect(() => topics.propertiesOf(view, bytes)).toThrow(
      expect.objectContaining({ reason: "unknownTopic" }),
    );
    expect(topics.propertiesOf(...received("devices/d1/messages/events/a=1"))).toBe(first);
  });

  test("tell messages with flags from those without", () => {
    const topics = new TelemetryTopics(identity);
    const topic = "devices/d1/messages/events/";
    const keysOf = (flags: Partial<PublishView>): string[] => [
      ...topics.propertiesOf(...received(topic, flags)).application.keys(),
    ];
    expect(keysOf({})).toEqual([]);
    expect(keysOf({ isRetained: true })).toEqual(["mqtt-retain"]);
    expect(keysOf({ isRetained: true, isDuplicate: true })).toEqual(["mqtt-retain", "mqtt-dup"]);
    expect(keysOf({})).toEqual([]);
  });

  test("are told apart by any single byte", () => {
    for (const length of [20, 21, 22, 23]) {
      const topic = `devices/d1/messages/events/${"a".repeat(length)}`;
      for (let at = 27; at < topic.length; at++) {
        const topics = new TelemetryTopics(identity);
        topics.propertiesOf(...received(topic));
        const other = `${topic.slice(0, at)}b${topic.slice(at + 1)}`;
        const { application } = topics.propertiesOf(...received(other));
        expect([...application.keys()]).toEqual([other.slice(27)]);
      }
    }
  });

  test("do not let a foreign topic in because a similar one was seen before", () => {
    const topics = new TelemetryTopics(identity);
    topics.propertiesOf(...received("devices/d1/messages/events/"));
    expect(() => topics.propertiesOf(...received("devices/d2/messages/events/"))).toThrow(
      expect.objectContaining({ reason: "foreignTopic" }),
    );
  });
});
