import { expect, test } from "vitest";
import { readWill } from "./will.ts";

const will = { topic: "devices/d1/messages/events/a=b", qos: 1, isRetained: false };

test("a will does not keep the read alive in which it came", () => {
  const read = new Uint8Array(65_536).fill(7);
  const { body } = readWill({ ...will, payload: read.subarray(10, 12) }, { deviceId: "d1" });
  expect([...body]).toEqual([7, 7]);
  expect(body.buffer.byteLength).toBe(2);
});

test("what a will says of itself cannot make it look like something else", () => {
  const topic = "devices/d1/messages/events/iothub-MessageType=Other";
  const payload = new Uint8Array(0);
  const { properties } = readWill({ ...will, topic, payload }, { deviceId: "d1" });
  expect(Object.fromEntries(properties.application)).toEqual({ "iothub-MessageType": "Will" });
});
