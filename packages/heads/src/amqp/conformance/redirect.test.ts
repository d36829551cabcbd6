import { describe, expect, test } from "vitest";
import { AmqpTest } from "../fixtures/amqp-test.fixture.ts";
import { detached } from "../fixtures/rhea-client.fixture.ts";

// Protocol reference: service-facing 4.6

describe("a reader under the hub's own address", () => {
  test.each([
    ["/messages/events/$management", "local/$management"],
    ["amqps://localhost/messages/events/$management", "local/$management"],
    [
      "messages/events/ConsumerGroups/$Default/Partitions/2",
      "local/ConsumerGroups/$Default/Partitions/2",
    ],
    ["/messages/events/", "local/$management"],
  ])("at %s is sent on to %s", async (source, path) => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const receiver = await client.receive({ source });
    const redirected = detached(receiver);
    await amqp.clock.advance(1000);
    await expect(redirected).resolves.toMatchObject({
      condition: "amqp:link:redirect",
      info: {
        hostname: "localhost",
        "network-host": "localhost",
        port: 5671,
        address: `amqps://localhost:5671/${path}`,
      },
    });
  });

  test("has its attach answered well before it is detached", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    // Opens, and stays open for as long as the clock stands still.
    const receiver = await client.receive({ source: "/messages/events/$management" });
    await client.putToken(amqp.token());
    expect(receiver.is_open()).toBe(true);
  });

  test("is sent to the name by which it found the hub", async () => {
    await using amqp = await AmqpTest.start({
      settings: { hostNames: ["first.example", "second.example"] },
    });
    const client = await amqp.client({ hostName: "second.example:5671" });
    await client.putToken(amqp.token({ resource: "second.example" }));
    const redirected = detached(await client.receive({ source: "/messages/events/$management" }));
    await amqp.clock.advance(1000);
    await expect(redirected).resolves.toMatchObject({ info: { hostname: "second.example" } });
  });

  test("that probes with a password of the events scope is sent on", async () => {
    await using amqp = await AmqpTest.start();
    const password = amqp.token({ resource: "localhost/messages/events", keyReading: "base64" });
    const client = await amqp.client({ plain: { user: "service@sas.root.local", password } });
    const redirected = detached(await client.receive({ source: "/messages/events/$management" }));
    await amqp.clock.advance(1000);
    await expect(redirected).resolves.toMatchObject({ condition: "amqp:link:redirect" });
  });

  test("without a right to the events is refused", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.client();
    await expect(client.receive({ source: "/messages/events/$management" })).rejects.toMatchObject({
      condition: "amqp:unauthorized-access",
    });
  });

  test("that leaves before it is sent on leaves nothing behind", async () => {
    await using amqp = await AmqpTest.start();
    const client = await amqp.authorized();
    const receiver = await client.receive({ source: "/messages/events/$management" });
    receiver.close();
    await new Promise((resolve) => receiver.once("receiver_close", resolve));
    await amqp.clock.advance(1000);
    expect(amqp.log.failures).toEqual([]);
  });
});
