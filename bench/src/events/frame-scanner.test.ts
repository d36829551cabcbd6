import { expect, test } from "vitest";
import { AMQP_HEADER, PERFORMATIVE, begin, flow, open } from "./amqp-frames.ts";
import { FrameScanner } from "./frame-scanner.ts";

const HEARTBEAT = Buffer.of(0, 0, 0, 8, 2, 0, 0, 0);

test("frames are found however the bytes are cut", () => {
  const bytes = Buffer.concat([
    AMQP_HEADER,
    open({ containerId: "a", hostName: "localhost" }),
    HEARTBEAT,
    begin(),
    flow({ received: 5, handle: 1, receivedOnLink: 3, credit: 100 }),
  ]);
  for (const step of [1, 3, 7, 64, bytes.length]) {
    const found: number[] = [];
    const scanner = new FrameScanner({ frame: (performative) => found.push(performative) });
    for (let at = 0; at < bytes.length; at += step) scanner.push(bytes.subarray(at, at + step));
    expect(found).toEqual([PERFORMATIVE.open, PERFORMATIVE.begin, PERFORMATIVE.flow]);
    expect(scanner.protocolHeaders).toBe(1);
  }
});
