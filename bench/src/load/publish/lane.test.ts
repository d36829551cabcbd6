import { expect, test } from "vitest";
import { Lane } from "./lane.ts";
import type { LoadConnection } from "../mqtt/load-connection.ts";
import { PublishRing } from "./publish-ring.ts";

const topic = "devices/d/messages/events/";
const payload = Buffer.alloc(5, "x");

function openLane(slots: number) {
  const written: number[][] = [];
  const starts: number[] = [];
  let unexpected = 0;
  const connection = {
    write: (bytes: Buffer) => written.push(packetIdsIn(bytes)),
  } as unknown as LoadConnection;
  const lane = new Lane({
    index: 0,
    connection,
    ring: new PublishRing({ topic, slots, payload }),
    events: {
      acknowledged: (_lane, startMs) => starts.push(startMs),
      unexpectedAcknowledgement: () => (unexpected += 1),
    },
  });
  return { lane, written, starts, unexpected: () => unexpected };
}

function packetIdsIn(bytes: Buffer): number[] {
  const packetBytes = 2 + 2 + topic.length + 2 + payload.length;
  expect(bytes.length % packetBytes).toBe(0);
  const ids = [];
  for (let at = 0; at < bytes.length; at += packetBytes) {
    expect([...bytes.subarray(at, at + 2)]).toEqual([0x32, packetBytes - 2]);
    ids.push(bytes.readUInt16BE(at + 4 + topic.length));
  }
  return ids;
}

test("a run over the end of the ring is one write, and no id is used twice at a time", () => {
  const { lane, written } = openLane(4);
  lane.send(4, () => 0);
  for (const id of [1, 2, 3]) lane.acknowledge(id);
  lane.send(3, () => 0);
  lane.acknowledge(4);
  lane.acknowledge(1);
  lane.send(2, () => 0);
  expect(written).toEqual([
    [1, 2, 3, 4],
    [1, 2, 3],
    [4, 1],
  ]);
  expect(lane.room).toBe(0);
});

test("each acknowledgement is paired with the start of its own message", () => {
  const { lane, starts } = openLane(3);
  lane.send(3, (message) => message * 10);
  lane.acknowledge(1);
  lane.send(1, (message) => message * 10);
  for (const id of [2, 3, 1]) lane.acknowledge(id);
  expect(starts).toEqual([0, 10, 20, 30]);
});

test("an early acknowledgement does not free its slot before the ones ahead of it", () => {
  const { lane, starts } = openLane(2);
  lane.send(2, (message) => message);
  lane.acknowledge(2);
  expect(lane.room).toBe(0);
  lane.acknowledge(1);
  expect(lane.room).toBe(2);
  expect(starts).toEqual([1, 0]);
});

test("acknowledgements nobody waits for are reported and change nothing", () => {
  const { lane, unexpected } = openLane(2);
  lane.acknowledge(1);
  lane.send(1, () => 0);
  for (const id of [0, 2, 3]) lane.acknowledge(id);
  lane.acknowledge(1);
  lane.acknowledge(1);
  expect(unexpected()).toBe(5);
  expect(lane.room).toBe(2);
});
