import { expect, test } from "vitest";
import { parseArguments, UsageError } from "./arguments.ts";

test("shapes, peers and numbers are read from the command line", () => {
  const parsed = parseArguments(["fan-in", "--shapes", "50x16,1000x4", "--peers", "nats,larimar"]);
  expect(parsed.options.shapes).toEqual([
    { connections: 50, inFlight: 16 },
    { connections: 1000, inFlight: 4 },
  ]);
  expect(parsed.peers.map(({ name }) => name)).toEqual(["nats", "larimar"]);
  expect(parsed.options).toMatchObject({ rounds: 3, seconds: 5, payloadBytes: 256 });
});

test.each([
  [[]],
  [["no-such-workload"]],
  [["fan-in", "--shapes", "50"]],
  [["fan-in", "--shapes", "99999x1"]],
  [["fan-in", "--peers", "nobody"]],
  [["fan-in", "--seconds", "forever"]],
  [["fan-in", "--colour"]],
])("%j is refused as a mistake of usage", (argv) => {
  expect(() => parseArguments(argv)).toThrow(UsageError);
});
