import { EventEmitter } from "node:events";
import { ManualClock } from "@larimar/testkit";
import { expect, test } from "vitest";
import { watchStopSignals } from "./stop-signals.ts";

function watch() {
  const source = new EventEmitter();
  const clock = new ManualClock();
  const ended: string[] = [];
  const signals = watchStopSignals({
    source,
    nowMs: () => clock.now(),
    endAtOnce: (signal) => ended.push(signal),
  });
  return { source, clock, ended, signals, send: (name: string) => source.emit(name, name) };
}

test.each(["SIGINT", "SIGTERM"])("%s asks for a clean end", (signal) => {
  const { signals, send, ended } = watch();
  expect(signals.stop.aborted).toBe(false);
  send(signal);
  expect(signals.stop.aborted).toBe(true);
  expect(ended).toEqual([]);
});

test("signals within a second count as one", () => {
  const { send, clock, ended } = watch();
  send("SIGINT");
  clock.advance(999);
  send("SIGTERM");
  expect(ended).toEqual([]);
});

test("a later second signal ends the process at once", () => {
  const { send, clock, ended } = watch();
  send("SIGINT");
  send("SIGINT");
  clock.advance(1000);
  send("SIGTERM");
  expect(ended).toEqual(["SIGTERM"]);
});

test("a watch that is over leaves the process as it was", () => {
  const { source, signals } = watch();
  signals[Symbol.dispose]();
  expect(source.listenerCount("SIGINT") + source.listenerCount("SIGTERM")).toBe(0);
});
