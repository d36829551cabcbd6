import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Session } from "rhea";
import { BATCH_MESSAGE_FORMAT } from "@larimar/wire";
import { AmqpTest } from "../fixtures/amqp-test.fixture.ts";
import type { RheaClient } from "../fixtures/rhea-client.fixture.ts";
import { detached } from "../fixtures/rhea-client.fixture.ts";

describe("a device whose session the hub closes", () => {
  let amqp: AmqpTest;
  let client: RheaClient;

  beforeEach(async () => {
    amqp = await AmqpTest.start();
    for (const deviceId of ["a", "b"]) await amqp.hub.devices.create({ deviceId });
    client = await amqp.client();
    await client.putToken(amqp.token({ policy: "device", keyReading: "base64" }));
  });

  afterEach(async () => {
    await amqp[Symbol.asyncDispose]();
  });

  async function openLinks(deviceId: string, session: Session) {
    const sender = session.open_sender({ target: `/devices/${deviceId}/messages/events` });
    await once(sender, "sendable");
    const source = `/devices/${deviceId}/messages/devicebound`;
    return { session, sender, receiver: await client.receive({ source }, session) };
  }

  test("loses an AMQP session of its own in one piece, and others keep theirs", async () => {
    const a = await openLinks("a", client.session());
    const b = await openLinks("b", client.session());
    const ended = once(a.session, "session_close");
    amqp.hub.sessions.close({ deviceId: "a" }, "tokenExpired");
    await ended;
    expect(a.session.error).toMatchObject({ condition: "amqp:unauthorized-access" });
    expect([a.sender.error, a.receiver.error]).toEqual([undefined, undefined]);
    expect(amqp.hub.sessions.isConnected({ deviceId: "a" })).toBe(false);
    b.sender.send({ body: "still here" });
    await once(b.sender, "accepted");
  });

  test("may begin another session at once", async () => {
    const a = await openLinks("a", client.session());
    await openLinks("b", client.session());
    const ended = once(a.session, "session_close");
    amqp.hub.sessions.close({ deviceId: "a" }, "shutdown");
    await ended;
    const again = await openLinks("a", client.session());
    again.sender.send({ body: "back again" });
    await once(again.sender, "accepted");
    expect(amqp.hub.sessions.isConnected({ deviceId: "a" })).toBe(true);
  });

  test("is named in the log when what it sends cannot be read, and others are left alone", async () => {
    const a = await openLinks("a", client.session());
    const other = await amqp.client();
    await other.putToken(amqp.token({ policy: "device", keyReading: "base64" }));
    const b = await openLinks("b", other.session());
    const told = detached(a.sender);
    a.sender.send(Buffer.from([0x00, 0x53, 0x75, 0xa0, 0xff]), "tag", BATCH_MESSAGE_FORMAT);
    await told;
    const warnings = amqp.log.lines.filter(({ level }) => level === "warn");
    expect(warnings.map(({ fields }) => fields)).toMatchObject([
      { deviceId: "a", condition: "amqp:decode-error" },
    ]);
    b.sender.send({ body: "still here" });
    await once(b.sender, "accepted");
  });

  test("loses its links alone where it shares an AMQP session", async () => {
    const session = client.session();
    const a = await openLinks("a", session);
    const b = await openLinks("b", session);
    const told = Promise.all([detached(a.sender), detached(a.receiver)]);
    amqp.hub.sessions.close({ deviceId: "a" }, "shutdown");
    expect(await told).toMatchObject([
      { condition: "amqp:link:detach-forced" },
      { condition: "amqp:link:detach-forced" },
    ]);
    b.sender.send({ body: "still here" });
    await once(b.sender, "accepted");
  });

  test("loses its links where it has the connection for itself", async () => {
    const a = await openLinks("a", client.session());
    const told = detached(a.receiver);
    amqp.hub.sessions.close({ deviceId: "a" }, "identityDeleted");
    expect(await told).toMatchObject({ condition: "amqp:not-found" });
    expect(a.session.is_open()).toBe(true);
  });
});
