import type { TestServer } from "@larimar/testkit";
import { startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReceivedEvent } from "../events/received-event.ts";
import { describeEvent } from "../events/received-event.ts";
import { runCommandLine } from "../run-command.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

interface Monitor {
  /** Resolves when every partition is being read. */
  readonly waiting: Promise<void>;
  readonly ended: Promise<{ code: number; lines: string[]; errors: string[] }>;
}

function monitor(...args: string[]): Monitor {
  const lines: string[] = [];
  const errors: string[] = [];
  let announce = (): void => undefined;
  const waiting = new Promise<void>((resolve) => (announce = resolve));
  const ended = runCommandLine({
    args: ["monitor", "--data", server.server.directory, ...args],
    environment: {},
    print: (text) => lines.push(text),
    complain(text) {
      if (text.startsWith("Waiting for events of hub local")) announce();
      else errors.push(text);
    },
  }).then((code) => ({ code, lines, errors }));
  return { waiting, ended };
}

async function send(deviceId: string, body: unknown): Promise<void> {
  const client = server.client();
  const device = await client.createDevice(deviceId).catch(() => undefined);
  expect(device).toBeDefined();
  const answer = await client.call({
    method: "POST",
    path: `/devices/${deviceId}/messages/events`,
    body,
    headers: { authorization: device!.token(), "iothub-app-level": "high" },
  });
  expect(answer.status).toBe(204);
}

describe("monitor", () => {
  test("shows events as they arrive, whichever partition they are in", async () => {
    const { waiting, ended } = monitor("--count", "6", "--json");
    await waiting;
    const senders = ["live-1", "live-2", "live-3", "live-4", "live-5", "live-6"];
    for (const sender of senders) await send(sender, { from: sender });
    const { code, lines, errors } = await ended;
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    const events = lines.map((line) => JSON.parse(line) as ReceivedEvent);
    expect(events.map(({ deviceId }) => String(deviceId)).toSorted()).toEqual(senders);
    expect(new Set(events.map((event) => event.partitionId)).size).toBeGreaterThan(1);
    expect(events.find(({ deviceId }) => deviceId === "live-1")).toMatchObject({
      source: "Telemetry",
      body: '{"from":"live-1"}',
      properties: { level: "high" },
      isBase64: false,
    });
  });

  test("shows what is kept when asked to, for one device", async () => {
    await send("kept", "one");
    const { code, lines } = await monitor("--from-start", "--device", "kept", "--count", "1").ended;
    expect(code).toBe(0);
    expect(lines).toEqual([expect.stringMatching(/^\d{4}-.+Z {2}kept {2}"one" {2}level=high$/)]);
  });

  test("says when no server is there, in one line", async () => {
    const gone = await startTestServer({
      config: { ephemeral: false, data: `${server.server.directory}/gone` },
    });
    await gone[Symbol.asyncDispose]();
    const { code, errors } = await monitor("--data", gone.server.directory).ended;
    expect(code).toBe(1);
    expect(errors).toEqual([
      expect.stringMatching(/^larimar: The connection to localhost:\d+ is gone/),
    ]);
  });

  test("wants a count that is one", async () => {
    expect(await monitor("--count", "0").ended).toMatchObject({ code: 2, lines: [] });
  });
});

test("an event cannot steer the terminal it is shown in", () => {
  const line = describeEvent({
    partitionId: "0",
    sequenceNumber: 1,
    enqueuedTime: "2030-01-01T00:00:00.000Z",
    source: "Telemetry",
    deviceId: "d",
    moduleId: undefined,
    contentType: undefined,
    properties: { "k\u0007": "\u001b]0;v" },
    body: "a\u001b[2Jb\nc",
    isBase64: false,
  });
  expect(line).toBe(
    String.raw`2030-01-01T00:00:00.000Z  d  a\u001b[2Jb\u000ac  k\u0007=\u001b]0;v`,
  );
});
