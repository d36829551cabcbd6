import { Duplex } from "node:stream";
import { createHubDirectory } from "@larimar/domain";
import type { ManualClock } from "@larimar/domain/fixtures";
import { createTestHub, settle } from "@larimar/domain/fixtures";
import { expect, test } from "vitest";
import { CapturedLog } from "./fixtures/captured-log.fixture.ts";
import { connack, connectPacket } from "./fixtures/packets.fixture.ts";
import { createMqttHead } from "./index.ts";

/** The server's end of a connection whose other end a test plays. */
class ServerStream extends Duplex {
  written = Buffer.alloc(0);

  constructor() {
    super({ allowHalfOpen: false });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written = Buffer.concat([this.written, chunk]);
    done();
  }
}

/** A connection that has just been refused. */
async function refused(): Promise<{ stream: ServerStream; clock: ManualClock }> {
  const { hub, clock } = createTestHub();
  const hubs = createHubDirectory([hub], { isStrict: false });
  const limits = { closeGraceMs: 5000 };
  const head = createMqttHead({ hubs, clock, log: new CapturedLog(), limits });
  const stream = new ServerStream();
  const context = { serverName: undefined, certificate: undefined, remoteAddress: "::1" };
  head.accept(stream, { ...context, transport: "tcp" });
  stream.push(connectPacket({ clientId: "no", username: "localhost/no", password: "no" }));
  await settle();
  return { stream, clock };
}

// A socket that is torn down with unread bytes is reset, and a reset may overtake the last answer.
test("a connection is not torn down before the client has closed it too", async () => {
  const { stream } = await refused();
  expect(stream.written).toEqual(connack(5));
  expect(stream.writableEnded).toBe(true);
  stream.push(Buffer.alloc(1000));
  await settle();
  expect(stream.destroyed).toBe(false);
  expect(stream.readableLength).toBe(0);
  stream.push(null);
  await settle();
  expect(stream.destroyed).toBe(true);
});

test("a client that does not close its end is not waited for longer than the grace time", async () => {
  const { stream, clock } = await refused();
  await clock.advance(4999);
  expect(stream.destroyed).toBe(false);
  await clock.advance(1);
  expect(stream.destroyed).toBe(true);
});
